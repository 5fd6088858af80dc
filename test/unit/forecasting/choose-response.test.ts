import assert from 'node:assert/strict';
import { drawBinomial, drawNormal } from '../../../emulators/world/draws.ts';
import { createRandom } from '../../../emulators/world/random.ts';
import { chooseResponse } from '../../../shared/forecasting/choose-response.ts';
import { ForecastError } from '../../../shared/forecasting/forecast-error.ts';
import type { ResponseObservation } from '../../../shared/forecasting/fit-response.ts';

const CANDIDATES = [{}, { halfLifeDays: 3 }];

/** Forty days of four segments, whose rates walk by `drift` a day in log-odds. */
function daysOf(seed: number, drift: number): ResponseObservation[] {
  const random = createRandom(seed, 'drift');
  const logOdds = [-4.5, -4, -3.5, -3];
  return Array.from({ length: 40 }, (_, day) =>
    logOdds.map((own, segment) => {
      logOdds[segment] = own + drift * drawNormal(random);
      const clicks = drawBinomial(random, 5000, 1 / (1 + Math.exp(-own)));
      return { factors: { segment: `${segment}` }, impressions: 5000, clicks, ageDays: 39 - day };
    }),
  ).flat();
}

describe('the choice of a response model', () => {
  it('forgets old data where rates drift, and keeps them where they stay', () => {
    for (let seed = 0; seed < 5; seed++) {
      assert.deepEqual(chooseResponse(daysOf(seed, 0.3), CANDIDATES).options, { halfLifeDays: 3 });
      assert.deepEqual(chooseResponse(daysOf(seed, 0), CANDIDATES).options, {});
    }
  });

  it('looks at no day but from the days before it: a day told twice changes nothing of those before', () => {
    const days = daysOf(1, 0.1);
    const doubled = days.map((own) => (own.ageDays === 0 ? { ...own, clicks: 2 * own.clicks } : own));
    const older = (observations: ResponseObservation[]) =>
      observations.filter(({ ageDays = 0 }) => ageDays > 0).map((own) => ({ ...own, ageDays: (own.ageDays ?? 0) - 1 }));
    assert.deepEqual(chooseResponse(older(doubled), CANDIDATES), chooseResponse(older(days), CANDIDATES));
    assert.notDeepEqual(chooseResponse(doubled, CANDIDATES).logLoss, chooseResponse(days, CANDIDATES).logLoss);
  });

  it('takes the first candidate where one day is all there is', () => {
    const day = daysOf(1, 0).filter(({ ageDays }) => ageDays === 0);
    assert.deepEqual(chooseResponse(day, CANDIDATES), { options: {} });
  });

  it('refuses no candidates, bad candidates and bad observations', () => {
    const refuses = (run: () => unknown) =>
      assert.throws(run, (error: unknown) => error instanceof ForecastError && error.code === 'INVALID_RESPONSE');
    refuses(() => chooseResponse(daysOf(1, 0), []));
    refuses(() => chooseResponse(daysOf(1, 0), [{}, { halfLifeDays: -1 }]));
    refuses(() => chooseResponse([], CANDIDATES));
    refuses(() => chooseResponse([{ factors: {}, impressions: 1, clicks: 2 }], CANDIDATES));
  });
});
