// How well forecasts and quotes turned out, from the log in memory: for tests and simulations. Scores as the views scores,
// calibration and reliability do.
import type { Calibration, CalibrationReader, ReliabilityBin } from './calibration-reader.ts';
import type { MemoryLog } from './memory-log.ts';
import { forecastScores, quoteScores } from './memory-scores.ts';

interface Score {
  eventDay: string;
  kind: string;
  market: string;
  modelId: string;
  interval?: { logError: number; isInside: boolean };
  probability?: { forecast: number; happened: number };
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
      { kind: 'full-spend', ...about, probability: { forecast: fullSpend, happened: Number(isSpentInFull) } },
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
  const probabilities = own.flatMap(({ probability }) => probability ?? []);
  const days = own.map(({ eventDay }) => eventDay).sort();
  return {
    ...{ kind, market, modelId, n: own.length },
    ...(intervals.length > 0
      ? {
          bias: mean(intervals.map(({ logError }) => logError)),
          coverage: mean(intervals.map(({ isInside }) => Number(isInside))),
        }
      : {}),
    ...(probabilities.length > 0
      ? {
          brier: mean(probabilities.map(({ forecast, happened }) => (forecast - happened) ** 2)),
          ece:
            bins(own).reduce((sum, { n, forecast, observed }) => sum + n * Math.abs(forecast - observed), 0) /
            own.length,
        }
      : {}),
    firstDay: days[0] as string,
    lastDay: days.at(-1) as string,
  };
}

function bins(own: Group): ReliabilityBin[] {
  const [{ market, modelId }] = own;
  const probabilities = own.flatMap(({ probability }) => probability ?? []);
  const byBin = Map.groupBy(probabilities, ({ forecast }) => Math.min(9, Math.floor(forecast * 10)));
  return [...byBin]
    .sort(([a], [b]) => a - b)
    .map(([bin, within]) => ({
      ...{ market, modelId, bin, n: within.length },
      forecast: mean(within.map(({ forecast }) => forecast)),
      observed: mean(within.map(({ happened }) => happened)),
    }));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
