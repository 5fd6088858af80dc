// Tables of exposures in files, as they are published: how many people had how many.
import { readFile } from 'node:fs/promises';
import { assertExposures, type ExposureTable } from '../../shared/forecasting/exposure-table.ts';
import { ForecastError } from '../../shared/forecasting/forecast-error.ts';
import { fitNbd, poissonLogMass } from '../../shared/forecasting/nbd.ts';
import { slotsFromExposures } from '../../shared/forecasting/slots-from-exposures.ts';
import { UsageError } from './usage-error.ts';

/** What a table says and how likely each law makes it. */
export type ExposureFit = Record<
  | 'people'
  | 'exposures'
  | 'reach'
  | 'nbdR'
  | 'nbdAlpha'
  | 'nbdLogLikelihood'
  | 'poissonLogLikelihood'
  | 'mixtureLogLikelihood',
  number
>;

/**
 * Lines of `exposures,people`, in any order, below a heading or not; numbers left out have nobody.
 * @throws UsageError for a file that is not there or makes no sense; it names the file and the line
 */
export async function readExposures(path: string): Promise<ExposureTable> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  const rows: [exposures: number, people: number][] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    if (line.trim() === '' || (index === 0 && /[a-z]/i.test(line))) return;
    const cells = line.split(',').map((cell) => (cell.trim() === '' ? NaN : Number(cell)));
    if (cells.length !== 2 || cells.some(Number.isNaN))
      throw new UsageError(`${path}: line ${index + 1} is not exposures,people`);
    rows.push([cells[0] as number, cells[1] as number]);
  });
  rows.sort(([one], [other]) => one - other);
  const table = { exposures: rows.map(([exposures]) => exposures), people: rows.map(([, people]) => people) };
  try {
    assertExposures(table);
  } catch (error) {
    if (error instanceof ForecastError) throw new UsageError(`${path}: ${error.message}`);
    throw error;
  }
  return table;
}

/** Fits of one table. */
export function fitExposures(table: ExposureTable): ExposureFit {
  const rows = Array.from(table.exposures, (count, row) => ({ count, people: table.people[row] as number }));
  const people = rows.reduce((sum, row) => sum + row.people, 0);
  const exposures = rows.reduce((sum, row) => sum + row.count * row.people, 0);
  const unreached = rows.reduce((sum, row) => sum + (row.count === 0 ? row.people : 0), 0);
  const nbd = fitNbd(table);
  return {
    people,
    exposures,
    reach: 1 - unreached / people,
    nbdR: nbd.r,
    nbdAlpha: nbd.alpha,
    nbdLogLikelihood: nbd.logLikelihood,
    poissonLogLikelihood: rows.reduce(
      (sum, row) => sum + row.people * poissonLogMass(exposures / people, row.count),
      0,
    ),
    mixtureLogLikelihood: slotsFromExposures(table, { everyoneHadSlots: false }).logLikelihood,
  };
}
