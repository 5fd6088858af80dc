// How quotes turned out so far, for new quotes to show: kept for minutes, never waited for long, and never a reason to quote
// nothing. What nobody has scored, or cannot be read now, has no numbers.
import type { TrackRecord } from '../contracts/quotes.ts';
import type { Calibration, CalibrationReader, ReliabilityBin } from './calibration-reader.ts';

export interface TrackRecordDeps {
  calibration: Pick<CalibrationReader, 'calibration' | 'reliability'>;
  /** Wall clock, epoch ms. */
  clock: () => number;
  /** Told why scores could not be read. */
  onProblem: (error: unknown) => void;
}

/** The record of quotes in one market or, for several, of whole campaigns; of all models together. */
export type TrackRecordOf = (markets: readonly string[]) => TrackRecord;

/** Scores are made when campaigns end. */
const VALID_MS = 600_000;
/** After scores could not be read. */
const RETRY_MS = 60_000;
/** The first quotes wait until this long after the first of them; later ones show what is known. */
const MAX_WAIT_MS = 500;

const NOTHING: TrackRecord = { quotes: 0 };
/** Where scores are of whole campaigns. */
const WHOLE = '';

/** What is known now, promised only while the first scores are waited for; it never rejects. */
export type TrackRecords = () => TrackRecordOf | Promise<TrackRecordOf>;

export function createTrackRecords({ calibration, clock, onProblem }: TrackRecordDeps): TrackRecords {
  let records: ReadonlyMap<string, TrackRecord> | undefined;
  let flight: Promise<void> | undefined;
  let againAtMs = -Infinity;
  let waitUntilMs: number | undefined;

  async function read(): Promise<void> {
    try {
      const [calibrations, bins] = await Promise.all([calibration.calibration(), calibration.reliability()]);
      records = recordsOf(calibrations, bins);
      againAtMs = clock() + VALID_MS;
    } catch (error) {
      againAtMs = clock() + RETRY_MS;
      onProblem(error);
    }
  }

  const recordOf: TrackRecordOf = ([market, ...others]) =>
    records?.get(others.length > 0 ? WHOLE : (market ?? WHOLE)) ?? NOTHING;
  return () => {
    const nowMs = clock();
    if (nowMs >= againAtMs) flight ??= read().finally(() => (flight = undefined));
    waitUntilMs ??= nowMs + MAX_WAIT_MS;
    return flight && !records && nowMs < waitUntilMs
      ? atMost(flight, waitUntilMs - nowMs).then(() => recordOf)
      : recordOf;
  };
}

async function atMost(flight: Promise<void>, durationMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => (timer = setTimeout(resolve, durationMs)));
  await Promise.race([flight, over]);
  clearTimeout(timer);
}

function recordsOf(
  calibrations: readonly Calibration[],
  bins: readonly ReliabilityBin[],
): ReadonlyMap<string, TrackRecord> {
  const fullSpend = Map.groupBy(ofKind(calibrations, 'full-spend'), ({ market }) => market);
  const clicks = Map.groupBy(ofKind(calibrations, 'clicks'), ({ market }) => market);
  const reliability = Map.groupBy(bins, ({ market }) => market);
  return new Map(
    [...fullSpend].map(([market, scored]) => [
      market,
      {
        quotes: scored.reduce((sum, { n }) => sum + n, 0),
        ...known(
          'brier',
          mean(scored, ({ brier }) => brier),
        ),
        ...known('ece', calibrationError(reliability.get(market) ?? [])),
        ...known(
          'coverage',
          mean(clicks.get(market) ?? [], ({ coverage }) => coverage),
        ),
        firstDay: scored.map(({ firstDay }) => firstDay).sort()[0] as string,
        lastDay: scored
          .map(({ lastDay }) => lastDay)
          .sort()
          .at(-1) as string,
      },
    ]),
  );
}

function ofKind(calibrations: readonly Calibration[], kind: string): Calibration[] {
  return calibrations.filter((one) => one.kind === kind && one.n > 0);
}

/** Each model counts by what of it was scored. */
function mean(scored: readonly Calibration[], valueOf: (one: Calibration) => number | undefined): number | undefined {
  let [sum, count] = [0, 0];
  for (const one of scored) {
    const value = valueOf(one);
    if (value === undefined) continue;
    sum += one.n * value;
    count += one.n;
  }
  return count > 0 ? sum / count : undefined;
}

/** Expected calibration error over the bins of all models together. */
function calibrationError(bins: readonly ReliabilityBin[]): number | undefined {
  const gaps = new Map<number, number>();
  let count = 0;
  for (const { bin, n, forecast, observed } of bins) {
    gaps.set(bin, (gaps.get(bin) ?? 0) + n * (forecast - observed));
    count += n;
  }
  return count > 0 ? [...gaps.values()].reduce((sum, gap) => sum + Math.abs(gap), 0) / count : undefined;
}

/** Four digits say all that scores of some hundred quotes can. */
function known<K extends string>(name: K, value: number | undefined): { [name in K]?: number } {
  return value === undefined ? {} : ({ [name]: Math.round(value * 1e4) / 1e4 } as { [name in K]: number });
}
