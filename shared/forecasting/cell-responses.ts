// What listeners do in each cell: clicks per impression and conversions per click, learnt over all cells of the market so
// that a cell with few impressions leans on those like it.
import type { SupplyDay } from '../contracts/forecast-documents.ts';
import { fitResponse, type ResponseModel } from './fit-response.ts';
import type { CellResponse } from './market-features.ts';
import { predictRate } from './predict-rate.ts';

export type CellRates = Pick<SupplyDay['cells'][number], 'clickPpm' | 'clickTrials' | 'conversionPpm'>;

/** Where nobody has clicked yet anywhere: one in a hundred, as sure as after two hundred impressions. */
const UNKNOWN: CellRates = { clickPpm: 10_000, clickTrials: 200 };
const ANY_FORMAT = 'any';

/**
 * The rates of these cells, in their order. Without any response what was known of a cell before stays. More clicks than
 * impressions, as where those of an older hour were never reported, count as one each.
 * @throws ForecastError INVALID_RESPONSE for counts that are none
 */
export function cellResponses(
  responses: readonly CellResponse[],
  cells: readonly { segment: string; surface: string }[],
  known: ReadonlyMap<string, SupplyDay>,
): CellRates[] {
  const seen = responses
    .filter(({ impressions }) => impressions > 0)
    .map((one) => ({ ...one, clicks: Math.min(one.clicks, one.impressions) }));
  if (seen.length === 0) return cells.map((cell) => knownRates(cell, known));
  const clicks = fitResponse(seen.map((one) => ({ ...one, factors: factorsOf(one) })));
  const clicked = seen.filter((one) => one.clicks > 0);
  const converted = clicked.map((one) => ({
    factors: factorsOf(one),
    impressions: one.clicks,
    clicks: Math.min(one.clicks, one.conversions),
  }));
  // Before the first click there is nothing to learn a rate of conversions from.
  const conversions = converted.length > 0 ? fitResponse(converted) : undefined;
  return cells.map((cell) => {
    const { rate, trials } = mixedRate(clicks, cell, seen);
    const conversion = conversions ? mixedRate(conversions, cell, clicked).rate : 0;
    return {
      clickPpm: ppm(rate),
      clickTrials: Math.max(1, Math.min(Number.MAX_SAFE_INTEGER, Math.round(trials))),
      conversionPpm: ppm(conversion),
    };
  });
}

function factorsOf({ segment, surface, format = ANY_FORMAT }: CellResponse): Record<string, string> {
  return { segment, surface, format };
}

/** Over the formats that the cell showed, or the market where it showed none, by their impressions. */
function mixedRate(
  model: ResponseModel,
  { segment, surface }: { segment: string; surface: string },
  seen: readonly CellResponse[],
): { rate: number; trials: number } {
  const own = seen.filter((one) => one.segment === segment && one.surface === surface);
  const shown = own.length > 0 ? own : seen;
  const impressions = shown.reduce((sum, one) => sum + one.impressions, 0);
  let [rate, trials] = [0, 0];
  for (const one of shown) {
    const predicted = predictRate(model, factorsOf({ ...one, segment, surface }));
    rate += (predicted.rate * one.impressions) / impressions;
    trials += (predicted.effectiveImpressions * one.impressions) / impressions;
  }
  return { rate, trials };
}

function knownRates(
  { segment, surface }: { segment: string; surface: string },
  known: ReadonlyMap<string, SupplyDay>,
): CellRates {
  const cell = [...known.values()].at(-1)?.cells.find((one) => one.segment === segment && one.surface === surface);
  if (!cell) return UNKNOWN;
  const { clickPpm, clickTrials, conversionPpm } = cell;
  return {
    clickPpm,
    ...(clickTrials === undefined ? {} : { clickTrials }),
    ...(conversionPpm === undefined ? {} : { conversionPpm }),
  };
}

function ppm(rate: number): number {
  return Math.max(0, Math.min(1_000_000, Math.round(rate * 1e6)));
}
