// Corrects predicted rates by what came later: a rising curve from predicted to observed rates.
import { ForecastError } from './forecast-error.ts';
import { totalsOf, type ScoredRate } from './log-loss.ts';

/** JSON: at each predicted rate, in rising order, the rate it should have been; twenty points at most. */
export interface Recalibration {
  predicted: number[];
  corrected: number[];
}

const MOST_POINTS = 20;
/** Predicted clicks of a point, on average: with fewer the curve would follow chance (an error of a tenth). */
const CLICKS_PER_POINT = 100;
/** Clicks that speak for the prediction as it is. */
const PRIOR_CLICKS = 5;

/**
 * Points between equal impressions and equal predicted clicks (by the square root of the rate), each corrected by its clicks over its predicted clicks, made rising by pooling
 * neighbours that fall (isotonic regression: Ayer et al. 1955; Zadrozny and Elkan, KDD 2002). Little data make one point,
 * which corrects the level alone; none, no correction.
 * @param scored predictions for impressions later than those the model was fitted to, and what came of them
 * @throws ForecastError INVALID_RESPONSE for amounts that make no sense
 */
export function fitRecalibration(scored: readonly ScoredRate[]): Recalibration {
  const { predicted } = totalsOf(scored);
  const points = Math.max(1, Math.min(MOST_POINTS, Math.floor(predicted / CLICKS_PER_POINT)));
  const rows = byRate(scored);
  const whole = rows.reduce((sum, { rate, impressions }) => sum + Math.sqrt(rate) * impressions, 0);
  const blocks: Block[] = [];
  let passed = 0;
  for (const { rate, impressions, clicks } of rows) {
    const point = Math.min(points - 1, Math.floor((passed / whole) * points));
    passed += Math.sqrt(rate) * impressions;
    const last = blocks.at(-1);
    if (last?.point === point) {
      last.impressions += impressions;
      last.predicted += rate * impressions;
      last.clicks += clicks;
    } else {
      blocks.push({ point, impressions, predicted: rate * impressions, clicks });
    }
  }
  const rising = poolFalling(blocks);
  return {
    predicted: rising.map((block) => block.predicted / block.impressions),
    corrected: rising.map(rateOf),
  };
}

/**
 * The corrected rate: straight between the curve's points, in proportion beyond its ends. Never falls with the rate.
 * @throws ForecastError INVALID_RESPONSE for a rate outside 0 and 1
 */
export function recalibrateRate({ predicted, corrected }: Recalibration, rate: number): number {
  if (!(rate >= 0 && rate <= 1)) throw new ForecastError('INVALID_RESPONSE', `a rate is within 0 and 1, not ${rate}`);
  const above = predicted.findIndex((point) => point >= rate);
  if (predicted.length === 0) return rate;
  const end = above === -1 ? predicted.length - 1 : above;
  const [x1, y1] = [predicted[end] as number, corrected[end] as number];
  if (above <= 0) return Math.min(1, (rate / x1) * y1);
  const [x0, y0] = [predicted[end - 1] as number, corrected[end - 1] as number];
  return y0 + ((rate - x0) / (x1 - x0)) * (y1 - y0);
}

interface Block {
  point: number;
  impressions: number;
  predicted: number;
  clicks: number;
}

/** Impressions of one predicted rate together, so that no rate falls into two points and their order is no matter. */
function byRate(scored: readonly ScoredRate[]): ScoredRate[] {
  const rows = new Map<number, ScoredRate>();
  for (const { rate, impressions, clicks } of scored) {
    if (rate * impressions === 0) continue;
    const row = rows.get(rate) ?? { rate, impressions: 0, clicks: 0 };
    row.impressions += impressions;
    row.clicks += clicks;
    rows.set(rate, row);
  }
  return [...rows.values()].sort((a, b) => a.rate - b.rate);
}

function poolFalling(blocks: readonly Block[]): Block[] {
  const pooled: Block[] = [];
  for (const block of blocks) {
    let current = { ...block };
    for (let last = pooled.at(-1); last && rateOf(last) >= rateOf(current); last = pooled.at(-1)) {
      pooled.pop();
      current = {
        point: last.point,
        impressions: last.impressions + current.impressions,
        predicted: last.predicted + current.predicted,
        clicks: last.clicks + current.clicks,
      };
    }
    pooled.push(current);
  }
  return pooled;
}

function rateOf({ impressions, predicted, clicks }: Block): number {
  return Math.min(1, ((predicted / impressions) * (clicks + PRIOR_CLICKS)) / (predicted + PRIOR_CLICKS));
}
