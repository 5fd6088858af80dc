// Logs of opportunities from files: every one is decided with what came before it alone.
import { readFile, writeFile } from 'node:fs/promises';
import { ownHours, yesterday } from './pacing-foresight.ts';
import { createPacer, type Pacer } from './pacing-pacer.ts';
import type { Played } from './pacing-play.ts';
import { DAY_MINUTES, type OpportunityLog } from './pacing-world.ts';
import { UsageError } from './usage-error.ts';

const COLUMNS = ['minute', 'value', 'price'] as const;

/**
 * CSV with a header row that names minute, value and price, other columns ignored; an opportunity a line, in time order.
 * @throws UsageError that names the file, the line and what to mend
 */
export async function readLog(path: string): Promise<OpportunityLog> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  return parseLog(text, path);
}

/** @throws UsageError as {@link readLog} */
export function parseLog(text: string, path: string): OpportunityLog {
  const [header = '', ...lines] = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const names = header.split(',').map((name) =>
    name
      .trim()
      .replace(/^"(.*)"$/, '$1')
      .toLowerCase(),
  );
  const places = COLUMNS.map((name) => {
    const place = names.indexOf(name);
    if (place < 0)
      throw new UsageError(`${path}, line 1: there is no column ${name}; the header must name ${COLUMNS.join(', ')}`);
    return place;
  });
  const columns = COLUMNS.map(() => [] as number[]) as [number[], number[], number[]];
  lines.forEach((line, index) => {
    if (line.trim() === '') return;
    const cells = line.split(',');
    places.forEach((place, column) => {
      const cell = (cells[place] ?? '').trim().replace(/^"(.*)"$/, '$1');
      const amount = cell === '' ? NaN : Number(cell);
      const where = `${path}, line ${index + 2}: ${COLUMNS[column] as string}`;
      if (!Number.isFinite(amount)) throw new UsageError(`${where} must be a number, not ${JSON.stringify(cell)}`);
      if (column > 0 && amount < 0) throw new UsageError(`${where} must be 0 or more, not ${cell}`);
      const last = columns[0].at(-1);
      if (column === 0 && last !== undefined && amount < last) {
        throw new UsageError(`${where} goes back from ${last} to ${amount}; lines must be in time order`);
      }
      (columns[column] as number[]).push(amount);
    });
  });
  const [minute, value, price] = columns.map((amounts) => Float64Array.from(amounts)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  if (minute.length === 0) throw new UsageError(`${path}: has no opportunities below its header`);
  return { minute, value, price };
}

/**
 * A pacer for a log of which only the first minute is known. With an earlier log the flight is as long as that, at the same
 * minutes or whole days later; without one it is a day from its first minute on.
 */
export function pacerOf(firstMinute: number, budget: number, history?: OpportunityLog): Pacer {
  if (!history) return createPacer(ownHours(Math.floor(firstMinute), DAY_MINUTES), budget);
  const days = Math.round((firstMinute - (history.minute[0] as number)) / DAY_MINUTES);
  return createPacer(yesterday(history, days * DAY_MINUTES), budget);
}

/** Rows index,won,paid: the opportunities in the order of the log, from 0 on. @throws UsageError when the file cannot be written */
export async function writeDecisions(path: string, { price }: OpportunityLog, { won }: Played): Promise<void> {
  const rows = Array.from(won, (isWon, index) => `${index},${isWon},${isWon ? (price[index] as number) : 0}\n`);
  try {
    await writeFile(path, `index,won,paid\n${rows.join('')}`);
  } catch (error) {
    throw new UsageError(`${path}: cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
}
