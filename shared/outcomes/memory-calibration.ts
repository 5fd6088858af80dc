// How well forecasts and quotes turned out, from the log in memory: for tests and simulations. Scores as the views scores,
// calibration and reliability do.
import { reliabilityTable } from '../forecasting/reliability-table.ts';
import {
  scoreProbabilities,
  type ProbabilityScore,
  type SettledProbability,
} from '../forecasting/score-probability.ts';
import type { Calibration, CalibrationReader, ReliabilityBin } from './calibration-reader.ts';
import type { MemoryLog } from './memory-log.ts';
import { forecastScores, quoteScores } from './memory-scores.ts';

const BINS = 10;

interface Score {
  eventDay: string;
  kind: string;
  market: string;
  modelId: string;
  interval?: { logError: number; isInside: boolean };
  settled?: SettledProbability;
}

export function createMemoryCalibration(log: Pick<MemoryLog, 'rows'>): CalibrationReader {
  const scores = (market?: string) => scoresOf(log).filter((score) => market === undefined || score.market === market);
  return {
    calibration: async (market) =>
      groups(scores(market), ({ kind, market: of, modelId }) => [kind, of, modelId]).map(judge),
    reliability: async (market) =>
      groups(
        scores(market).filter(({ kind }) => kind === 'full-spend'),
        ({ market: of, modelId }) => [of, modelId],
      ).flatMap(bins),
    coverage: async ({ market, fromDay }) =>
      groups(
        scores(market).filter(({ interval, eventDay }) => interval !== undefined && eventDay >= fromDay),
        ({ kind }) => [kind],
      ).map((own) => ({
        kind: own[0].kind,
        n: own.length,
        coverage: mean(own.map(({ interval }) => Number(interval?.isInside))),
      })),
  };
}

function scoresOf(log: Pick<MemoryLog, 'rows'>): Score[] {
  const supply = forecastScores(log).map(({ eventDay, market, modelId, segment, days, ...interval }) => ({
    kind: `${segment === undefined ? 'market' : 'cell'}-supply-${days}d`,
    ...{ eventDay, market, modelId, interval },
  }));
  const quotes = quoteScores(log).flatMap(({ eventDay, market, modelId, fullSpend, isSpentInFull, ranges }) => {
    const about = { eventDay, market, modelId };
    return [
      { kind: 'full-spend', ...about, settled: { probability: fullSpend, happened: isSpentInFull } },
      ...Object.entries(ranges).map(([kind, interval]) => ({ kind, ...about, interval })),
    ];
  });
  return [...supply, ...quotes];
}

type Group = [Score, ...Score[]];

/** Scores with the same keys together, in the order of the keys. */
function groups(scores: readonly Score[], keysOf: (score: Score) => string[]): Group[] {
  const byKey = Map.groupBy(scores, (score) => JSON.stringify(keysOf(score)));
  return [...byKey.keys()].sort().map((key) => byKey.get(key) as Group);
}

function judge(own: Group): Calibration {
  const [{ kind, market, modelId }] = own;
  const intervals = own.flatMap(({ interval }) => interval ?? []);
  const settled = own.flatMap(({ settled: one }) => one ?? []);
  const days = own.map(({ eventDay }) => eventDay).sort();
  return {
    ...{ kind, market, modelId, n: own.length },
    ...(intervals.length > 0
      ? {
          bias: mean(intervals.map(({ logError }) => logError)),
          coverage: mean(intervals.map(({ isInside }) => Number(isInside))),
        }
      : {}),
    ...(settled.length > 0 ? pick(scoreProbabilities(settled)) : {}),
    firstDay: days[0] as string,
    lastDay: days.at(-1) as string,
  };
}

function pick({ brier, ece }: ProbabilityScore): { brier: number; ece: number } {
  return { brier, ece };
}

function bins(own: Group): ReliabilityBin[] {
  const [{ market, modelId }] = own;
  const settled = own.flatMap(({ settled: one }) => one ?? []);
  return reliabilityTable(settled, { bins: BINS, by: 'width' }).map(({ low, count, meanProbability, rate }) => ({
    ...{ market, modelId, bin: Math.round(low * BINS), n: count },
    forecast: meanProbability,
    observed: rate,
  }));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
