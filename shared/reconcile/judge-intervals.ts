// Whether the intervals of a market's finished forecasts hold what they say.
import { DAY_MS, dayOf } from '../forecasting/traffic-clock.ts';
import type { CalibrationReader } from '../outcomes/calibration-reader.ts';
import type { Log } from '../runtime/log.ts';

const JUDGED_DAYS = 56;
/** Below so many scores a share says nothing. */
const LEAST_SCORES = 30;
/** Intervals that hold 80% by design hold a share within these, whatever is new or noisy. */
const BOUNDS = { least: 0.6, most: 0.95 };

/**
 * Warns of each kind of interval that held too seldom or too often in the last eight weeks; returns how many did.
 * @throws AndanteError OUTCOMES_UNAVAILABLE
 */
export async function judgeIntervals(
  market: string,
  nowMs: number,
  { calibration, log }: { calibration: CalibrationReader; log: Log },
): Promise<number> {
  const kinds = await calibration.coverage({ market, fromDay: dayOf(Math.max(0, nowMs - JUDGED_DAYS * DAY_MS)) });
  const wrong = kinds.filter(
    ({ n, coverage }) => n >= LEAST_SCORES && (coverage < BOUNDS.least || coverage > BOUNDS.most),
  );
  for (const { kind, n, coverage } of wrong)
    log.warn('intervals of forecasts do not hold what they say', { market, kind, scores: n, coverage, ...BOUNDS });
  return wrong.length;
}
