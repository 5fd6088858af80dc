// What others may still book of the supply that a campaign leaves free: it is sold out less often than it is still free.
import type { ClickLaw } from './click-law.ts';

/** How much of what is free may be gone when it is served, and how likely that is. */
export interface LaterBookings {
  /** Clicks that can be sold: what is beyond them nobody can book. Infinity: the campaign books nothing. */
  bookable: number;
  /** Shares, 0 or more and below 1, of what is bookable and not taken by the campaign itself; weights add up to 1. */
  shares: readonly { weight: number; share: number }[];
}

/**
 * Markets are asked for until little is left, and a line that takes most of its audience bears what they fall short by: of simulated
 * seasons from calm to crowded (test/bench/season.ts) every one is fitted by about these.
 */
export const BOOKED_SHARES: LaterBookings['shares'] = [
  { weight: 0.17, share: 0.8 },
  { weight: 0.28, share: 0.9 },
  { weight: 0.33, share: 0.95 },
  { weight: 0.22, share: 0.98 },
];

/** What bids in auctions is sold nothing: whoever comes later takes it away. */
export const AUCTIONED_SHARES: LaterBookings['shares'] = [
  { weight: 0.35, share: 0 },
  { weight: 0.3, share: 0.5 },
  { weight: 0.35, share: 0.9 },
];

/** @param bookable clicks that can be sold to it beside what is sold already, on the lower quartile */
export function laterBookings(bookable: number, isAuctioned: boolean): LaterBookings {
  return isAuctioned ? { bookable: Infinity, shares: AUCTIONED_SHARES } : { bookable, shares: BOOKED_SHARES };
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
export function keptShares(booked: number, { bookable, shares }: LaterBookings): { weight: number; share: number }[] {
  const rest = bookable > 0 ? Math.max(0, 1 - booked / bookable) : 0;
  return shares.map(({ weight, share }) => ({ weight, share: 1 - share * rest }));
}
