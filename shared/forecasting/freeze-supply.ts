// What stays in force while new input cannot be trusted: the last good forecast, less certain by the day.
import type { SupplyDay } from '../contracts/forecast-documents.ts';
import { DAY_MS, dayOf } from './traffic-clock.ts';

/** The spread of logarithms grows by so much with each day without a new forecast. */
const WIDENING_PER_DAY = 0.25;
const MOST_WIDENING = 3;
const DAYS_OF_WEEK = 7;

export interface Frozen {
  /** What the spread of the last good forecast is multiplied by, 1 to 3. */
  widening: number;
  /** From today on. Empty where nothing was ever forecast. */
  days: SupplyDay[];
}

/**
 * The supply of the days to come from the last good forecast: its medians, its spread widened with its age, and beyond its
 * end the same weekdays again. Freezing what is frozen already widens from the good forecast, not from the frozen one.
 * @param known the market's supply by day, also of the week before today
 */
export function freezeSupply(
  known: ReadonlyMap<string, SupplyDay>,
  { nowMs, horizonDays }: { nowMs: number; horizonDays: number },
): Frozen {
  const issuedAtMs = Math.max(0, ...[...known.values()].map((day) => day.issuedAtMs ?? 0));
  const ageDays = issuedAtMs === 0 ? 1 : Math.max(0, nowMs - issuedAtMs) / DAY_MS;
  const widening = Math.min(MOST_WIDENING, 1 + WIDENING_PER_DAY * ageDays);
  const last = new Map(known);
  const days: SupplyDay[] = [];
  const today = Math.floor(nowMs / DAY_MS);
  for (let index = 0; index < horizonDays; index++) {
    const day = dayOf((today + index) * DAY_MS);
    const forecast = last.get(day) ?? last.get(dayOf((today + index - DAYS_OF_WEEK) * DAY_MS));
    if (!forecast) continue;
    last.set(day, forecast);
    const factor = widening / (forecast.widening ?? 1);
    days.push({
      ...forecast,
      day,
      widening,
      cells: forecast.cells.map((cell) => ({ ...cell, ...widened(cell, factor) })),
    });
  }
  return { widening, days };
}

/** Quantiles of a law whose logarithm has `factor` times the spread; the median stays. */
export function widened(
  { q10, q50, q90 }: { q10: number; q50: number; q90: number },
  factor: number,
): { q10: number; q50: number; q90: number } {
  if (q50 === 0) return { q10, q50, q90 };
  const low = q10 === 0 ? 0 : Math.round(q50 * (q10 / q50) ** factor);
  const high = Math.min(Number.MAX_SAFE_INTEGER, Math.round(q50 * (q90 / q50) ** factor));
  return { q10: Math.min(low, q50), q50, q90: Math.max(high, q50) };
}
