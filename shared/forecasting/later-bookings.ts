// What others may still book of the supply that a campaign leaves free: it is sold out less often than it is still free.
import type { ClickLaw } from './click-law.ts';

/** How much of what is free may be gone when it is served, and how likely that is. */
export interface LaterBookings {
  /** Clicks that can be sold: what is beyond them nobody can book. */
  bookable: number;
  /** Shares from 0 to 1 of what is bookable and not taken by the campaign itself; weights add up to 1. */
  shares: readonly { weight: number; share: number }[];
}

/**
 * The law of the clicks that supply has for a campaign that has booked so many: what it has booked cannot be taken from it, of
 * the rest others book their shares.
 * @param law of all that is free when it is booked
 */
export function lawBeside(law: ClickLaw, booked: number, { bookable, shares }: LaterBookings): ClickLaw {
  const kept = keptShares(booked, { bookable, shares });
  return (clicks) => kept.reduce((sum, { weight, share }) => sum + weight * law(clicks / share), 0);
}

/** Of all that is free, what is left for one that has booked so many clicks. */
export function keptShares(
  booked: number,
  { bookable, shares }: LaterBookings,
): { weight: number; share: number }[] {
  const rest = bookable > 0 ? Math.max(0, 1 - booked / bookable) : 0;
  return shares.map(({ weight, share }) => ({ weight, share: 1 - share * rest }));
}
