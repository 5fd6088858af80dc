// Series in files as the M4 competition has them: a row is an id and its values, rows may be shorter than others.
import { readFile, writeFile } from 'node:fs/promises';
import { UsageError } from './usage-error.ts';

export interface NamedSeries {
  id: string;
  values: Float64Array;
}

/**
 * Fields may be quoted, blank cells may end a row, and a first row without any number is a header.
 * @throws UsageError for a file that is not there, or a row that makes no sense; it names the file and the place
 */
export async function readSeries(path: string): Promise<NamedSeries[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  return parseSeries(text, path);
}

/** @throws UsageError */
export function parseSeries(text: string, path: string): NamedSeries[] {
  const seen = new Set<string>();
  const series: NamedSeries[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === '') return;
    const fail = (message: string) => new UsageError(`${path}, row ${index + 1}: ${message}`);
    const [id = '', ...cells] = line.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    while (cells.at(-1) === '' || cells.at(-1) === 'NA') cells.pop();
    if (index === 0 && cells.every((cell) => !Number.isFinite(Number(cell)))) return;
    if (id === '') throw fail('the first cell must be an id');
    if (seen.has(id)) throw fail(`${id} is there a second time`);
    if (cells.length === 0) throw fail(`${id} has no values`);
    seen.add(id);
    const values = Float64Array.from(cells, (cell, at) => {
      const value = cell === '' ? NaN : Number(cell);
      if (!Number.isFinite(value)) throw fail(`value ${at + 1} of ${id} must be a number, not ${JSON.stringify(cell)}`);
      return value;
    });
    series.push({ id, values });
  });
  if (series.length === 0) throw new UsageError(`${path}: has no series`);
  return series;
}

export interface SeriesPair {
  id: string;
  train: Float64Array;
  test: Float64Array;
}

/** Every series with what came after it. @throws UsageError when one file has an id that the other has not */
export function pairSeries(train: readonly NamedSeries[], test: readonly NamedSeries[]): SeriesPair[] {
  const after = new Map(test.map(({ id, values }) => [id, values]));
  const known = new Set(train.map(({ id }) => id));
  const lost = test.find(({ id }) => !known.has(id));
  if (lost) throw new UsageError(`the test file has ${lost.id}, the training file has not`);
  return train.map(({ id, values }) => {
    const own = after.get(id);
    if (!own) throw new UsageError(`the training file has ${id}, the test file has not`);
    return { id, train: values, test: own };
  });
}

export interface ForecastRows {
  id: string;
  mean: Float64Array;
  lower: Float64Array;
  upper: Float64Array;
}

/** Rows `id,kind,values`, kind being mean, lower or upper. @throws UsageError when the file cannot be written */
export async function writeForecasts(path: string, forecasts: readonly ForecastRows[]): Promise<void> {
  const rows = forecasts.flatMap(({ id, ...kinds }) =>
    (['mean', 'lower', 'upper'] as const).map((kind) => `${quoted(id)},${kind},${kinds[kind].join(',')}\n`),
  );
  try {
    await writeFile(path, rows.join(''));
  } catch (error) {
    throw new UsageError(`${path}: cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
}

function quoted(id: string): string {
  return /[",]/.test(id) ? JSON.stringify(id) : id;
}
