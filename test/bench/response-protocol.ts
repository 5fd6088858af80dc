// Predicts every impression of a log by a model that has not seen it, beside the rate of all and the rates of cells that
// were learned from the very same impressions, and scores all three.
import { createRandom } from '../../emulators/world/random.ts';
import { fitResponse, type ResponseObservation } from '../../shared/forecasting/fit-response.ts';
import {
  calibrationOf,
  logLoss,
  normalisedEntropy,
  type Calibration,
  type ScoredRate,
} from '../../shared/forecasting/log-loss.ts';
import { predictRate } from '../../shared/forecasting/predict-rate.ts';
import type { Observed } from './response-log.ts';

export interface Scores {
  rows: number;
  clicks: number;
  logLoss: number;
  globalLogLoss: number;
  cellLogLoss: number;
  normalisedEntropy: number;
  /** Nats gained over the rate of all in total, and the standard error of that by the chance of clicks. */
  gain: number;
  gainError: number;
  positions: Map<string, Group>;
  hourBands: Map<string, Group>;
}

export interface Group extends Calibration {
  clicks: number;
}

/** A band has so many clicks, on average: an error of 18% of its rate by chance. */
const CLICKS_PER_BAND = 30;
const FEWEST_BANDS = 2;
const MOST_BANDS = 8;

/**
 * Repeated cross-validation: the impressions are dealt to folds at random, each fold is predicted from all others. Every
 * click is once predicted in each repeat, so a ratio's error is what the model leaves of it, not the chance of clicks:
 * with sixty clicks in a log the ratio of a part of it that is later than all training data is off by a quarter by chance.
 */
export function crossValidate(
  log: readonly Observed[],
  { folds, repeats }: { folds: number; repeats: number },
): Scores {
  const { bandOf, factorsOf } = describe(log);
  const all: Predicted[] = [];
  for (let repeat = 0; repeat < repeats; repeat++) {
    const random = createRandom(repeat, 'folds of a log');
    const fold = log.map(() => Math.floor(random() * folds));
    for (let own = 0; own < folds; own++) {
      const [train, test] = [
        log.filter((_, index) => fold[index] !== own),
        log.filter((_, index) => fold[index] === own),
      ];
      all.push(...predict(train, test, factorsOf));
    }
    console.error(`cross-validation: repeat ${repeat + 1} of ${repeats}`);
  }
  return score(all, bandOf, repeats);
}

/** Rolling origin: each of the last days from all days before it, the first `least` days being there to learn from. */
export function rollOrigin(log: readonly Observed[], least: number): Scores {
  const { bandOf, factorsOf } = describe(log);
  const days = [...new Set(log.map(({ day }) => day))].sort((a, b) => a - b).slice(least);
  const all = days.flatMap((day) =>
    predict(
      log.filter((one) => one.day < day),
      log.filter((one) => one.day === day),
      factorsOf,
    ),
  );
  return score(all, bandOf, 1);
}

interface Predicted {
  observed: Observed;
  rate: number;
  globalRate: number;
  cellRate: number;
}

type Factors = Record<string, string>;

/** Bands of the day with equal impressions, as many as leave each enough clicks. Logs are a factor if there are several. */
function describe(log: readonly Observed[]) {
  const clicks = log.reduce((sum, one) => sum + one.clicks, 0);
  const bands = Math.max(FEWEST_BANDS, Math.min(MOST_BANDS, Math.floor(clicks / CLICKS_PER_BAND)));
  const hours = new Float64Array(24);
  for (const { hour, impressions } of log) hours[hour] = (hours[hour] as number) + impressions;
  const total = hours.reduce((sum, one) => sum + one, 0);
  let before = 0;
  const bandOfHour = hours.map((impressions) => {
    before += impressions;
    return Math.min(bands - 1, Math.floor(((before - impressions / 2) / total) * bands));
  });
  const bandOf = ({ hour }: Observed) => {
    const own = bandOfHour[hour] as number;
    return `${String(bandOfHour.indexOf(own)).padStart(2, '0')}-${String(bandOfHour.lastIndexOf(own) + 1).padStart(2, '0')}`;
  };
  const isSeveral = new Set(log.map(({ factors }) => factors.log)).size > 1;
  const factorsOf = (one: Observed): Factors => {
    const { log: name, ...others } = one.factors;
    return { ...others, hourBand: bandOf(one), ...(isSeveral && { log: name }) };
  };
  return { bandOf, factorsOf };
}

function predict(
  train: readonly Observed[],
  test: readonly Observed[],
  factorsOf: (one: Observed) => Factors,
): Predicted[] {
  const observations = train.map((one): ResponseObservation => {
    return { factors: factorsOf(one), impressions: one.impressions, clicks: one.clicks, score: one.score };
  });
  const model = fitResponse(observations, { balanced: ['position', 'hourBand'] });
  const whole = sumOf(observations);
  const cells = new Map<string, { impressions: number; clicks: number }>();
  for (const { factors, impressions, clicks } of observations) {
    const cell = cells.get(cellOf(factors)) ?? { impressions: 0, clicks: 0 };
    cell.impressions += impressions;
    cell.clicks += clicks;
    cells.set(cellOf(factors), cell);
  }
  return test.map((observed) => {
    const factors = factorsOf(observed);
    const cell = cells.get(cellOf(factors));
    const globalRate = whole.clicks / whole.impressions;
    return {
      observed,
      rate: predictRate(model, factors, observed.score).rate,
      globalRate,
      // Half a click, or the loss of the first click in a cell without any would be infinite.
      cellRate: cell ? (cell.clicks + 0.5) / (cell.impressions + 1) : globalRate,
    };
  });
}

function cellOf(factors: Readonly<Factors>): string {
  return Object.values(factors).join('|');
}

function sumOf(counts: readonly { impressions: number; clicks: number }[]) {
  return counts.reduce(
    (sum, { impressions, clicks }) => ({ impressions: sum.impressions + impressions, clicks: sum.clicks + clicks }),
    { impressions: 0, clicks: 0 },
  );
}

function score(all: readonly Predicted[], bandOf: (one: Observed) => string, repeats: number): Scores {
  const scored = all.map(({ observed: { impressions, clicks }, rate }): ScoredRate => ({ rate, impressions, clicks }));
  const lossOf = (rateOf: (one: Predicted) => number) =>
    logLoss(
      all.map((one) => ({ rate: rateOf(one), impressions: one.observed.impressions, clicks: one.observed.clicks })),
    );
  const { impressions, clicks } = sumOf(scored);
  const [loss, globalLoss] = [logLoss(scored), lossOf(({ globalRate }) => globalRate)];
  const gainSquares = all.reduce((sum, { observed, rate, globalRate }) => {
    return sum + observed.clicks * Math.log(rate / globalRate) ** 2;
  }, 0);
  return {
    rows: impressions / repeats,
    clicks: clicks / repeats,
    logLoss: loss,
    globalLogLoss: globalLoss,
    cellLogLoss: lossOf(({ cellRate }) => cellRate),
    normalisedEntropy: normalisedEntropy(scored),
    gain: ((globalLoss - loss) * impressions) / repeats,
    gainError: Math.sqrt(gainSquares / repeats),
    positions: groupBy(all, repeats, ({ factors }) => factors.position),
    hourBands: groupBy(all, repeats, bandOf),
  };
}

function groupBy(all: readonly Predicted[], repeats: number, keyOf: (one: Observed) => string): Map<string, Group> {
  const groups = new Map<string, ScoredRate[]>();
  for (const { observed, rate } of all) {
    const key = keyOf(observed);
    const group = groups.get(key) ?? [];
    group.push({ rate, impressions: observed.impressions, clicks: observed.clicks });
    groups.set(key, group);
  }
  return new Map(
    [...groups]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([key, own]) => {
        const calibration = calibrationOf(own);
        if (!calibration) return [];
        const clicks = sumOf(own).clicks / repeats;
        return [[key, { ratio: calibration.ratio, error: calibration.error * Math.sqrt(repeats), clicks }] as const];
      }),
  );
}
