// Forecasts on public series: the hourly model as the M4 competition scores it, totals, speed, spikes, cold starts; or any
// series from files.
import { join } from 'node:path';
import type { BenchOptions } from './bench.ts';
import type { BenchResult } from './figure.ts';
import { measureColdStart } from './forecast-coldstart.ts';
import { benchSeries } from './forecast-m4.ts';
import { measurePublic } from './forecast-public.ts';
import { measureSpeed } from './forecast-speed.ts';
import { measureTotals } from './forecast-totals.ts';
import { pairSeries, readSeries } from './series-file.ts';
import { UsageError } from './usage-error.ts';

const ROUNDS = 5;
const DATA = '../shared/data';

/** @throws UsageError for options or files that make no sense */
export async function run({ rounds = ROUNDS, own = {} }: BenchOptions): Promise<BenchResult> {
  const { train, test, season, out, data } = own as Partial<Record<string, string>>;
  if (train !== undefined && test !== undefined) {
    if (data !== undefined) throw new UsageError('--data goes without --train and --test');
    return benchSeries({ train, test, season: seasonOf(season), out });
  }
  if (train !== undefined || test !== undefined) throw new UsageError('--train and --test go together');
  if (season !== undefined || out !== undefined) throw new UsageError('--season and --out go with --train and --test');
  return suite(data ?? DATA, rounds);
}

async function suite(data: string, rounds: number): Promise<BenchResult> {
  const files = { train: join(data, 'm4-hourly', 'train.csv'), test: join(data, 'm4-hourly', 'test.csv') };
  const m4 = await benchSeries({ ...files, season: 24 });
  console.error('M4 Hourly scored');
  const pairs = pairSeries(await readSeries(files.train), await readSeries(files.test));
  const totals = measureTotals(pairs);
  console.error('totals measured');
  const speed = measureSpeed(rounds);
  const others = await measurePublic(data);
  console.error('NAB and Madrid scored');
  const figures = [...m4.figures, ...totals, ...speed, ...others, ...(await measureColdStart(data))];
  return { figures, notes: [...m4.notes, NOTE], ...(m4.fields && { fields: m4.fields }) };
}

function seasonOf(text = '24'): number {
  const season = Number(text);
  if (Number.isInteger(season) && season >= 1 && season <= 10_000) return season;
  throw new UsageError(`--season takes a whole number from 1 to 10000, not ${text}`);
}

const NOTE = [
  'Totals: the last 168 and 336 hours of train and test together are held back, all series of the file.',
  'Speed: synthetic cells, time of the processor; fit and forecast of M4 by the clock, on a core alone.',
].join('\n');
