// How much of its flight a campaign's owner had it paused: what was not delivered then is nobody's debt.
import type { Campaign } from '../contracts/documents.ts';

/** The campaign whose owner pauses it, or no longer does, at an instant. */
export function withPause(campaign: Campaign, isPaused: boolean, nowMs: number): Campaign {
  const { pausedAtMs, pausedMs: _counted, ...rest } = campaign;
  if (isPaused) return { ...campaign, pausedAtMs: pausedAtMs ?? nowMs };
  if (pausedAtMs === undefined) return campaign;
  const pausedMs = pausedOfFlightMs(campaign, nowMs);
  return pausedMs > 0 ? { ...rest, pausedMs } : rest;
}

/** Of the flight up to an instant, in all its pauses; one that lasts counts so far. */
export function pausedOfFlightMs({ terms, pausedAtMs, pausedMs = 0 }: Campaign, untilMs: number): number {
  if (!terms || pausedAtMs === undefined) return pausedMs;
  const fromMs = Math.max(pausedAtMs, terms.startAtMs);
  return pausedMs + Math.max(0, Math.min(untilMs, terms.endAtMs) - fromMs);
}
