// The public series of ../shared/data (see its README), as histories of cells.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { drawLogNormal, drawPoisson } from '../../emulators/world/draws.ts';
import { createRandom } from '../../emulators/world/random.ts';
import type { Analogue } from '../../shared/forecasting/analogue-prior.ts';
import { cleanObservations } from '../../shared/forecasting/clean-observations.ts';
import { HOUR_MS } from '../../shared/forecasting/traffic-clock.ts';

/** Their hours are of no known week: the first is taken as Thursday, 0 o'clock. */
export async function readM4(dataDir: string): Promise<Analogue[]> {
  const rows = await readRows(join(dataDir, 'm4-hourly', 'train.csv'));
  return rows.map(([, ...cells]) => {
    const values = Float64Array.from(cells.filter((cell) => cell.trim() !== '').map(Number));
    return { history: { startHour: 0, values } };
  });
}

/** Twitter volumes and exchange prices, in the order of their files' names. */
export async function readNab(dataDir: string): Promise<Analogue[]> {
  const folder = join(dataDir, 'nab');
  const files = (await readdir(folder)).filter((file) => file.endsWith('.csv')).sort();
  return Promise.all(
    files.map(async (file) => {
      const [, ...rows] = await readRows(join(folder, file));
      const raw = rows.map(([timestamp, value]) => ({
        hourAtMs: Date.parse(`${(timestamp as string).replace(' ', 'T')}Z`),
        amount: Number(value),
      }));
      const lastHour = Math.max(...raw.map(({ hourAtMs }) => Math.floor(hourAtMs / HOUR_MS)));
      return { history: cleanObservations(raw, lastHour + 1).history };
    }),
  );
}

/**
 * Each region's week, over and over: shares say no level, so that one and the days' and hours' chance are drawn.
 * Sizes are log-normal and known (active listeners), the level per listener is 30% unlike.
 */
export async function readTrafficShares(dataDir: string, days: number): Promise<Analogue[]> {
  const [, ...rows] = await readRows(join(dataDir, 'traffic-share', 'traffic_share.csv'));
  const weeks = new Map<string, Float64Array>();
  for (const [region, weekday, hour, share] of rows as [string, string, string, string][]) {
    const week = weeks.get(region) ?? new Float64Array(168);
    week[(Number(weekday) - 1) * 24 + Number(hour)] = Number(share);
    weeks.set(region, week);
  }
  return [...weeks].map(([region, week]) => {
    const random = createRandom(1, 'traffic-share', region);
    const activeListeners = Math.ceil(drawLogNormal(random, 2_000, 1));
    const ofWeek = 168 * drawLogNormal(random, 0.2, 0.3) * activeListeners;
    const values = new Float64Array(days * 24);
    for (let day = 0; day < days; day++) {
      const ofDay = drawLogNormal(random, ofWeek, 0.1);
      for (let hour = day * 24; hour < day * 24 + 24; hour++) {
        values[hour] = drawPoisson(random, drawLogNormal(random, ofDay * (week[hour % 168] as number), 0.1));
      }
    }
    return { history: { startHour: 0, values }, activeListeners };
  });
}

/** Daily users of Madrid's transport: each mode, and the total that the file gives, which they must add up to. */
export async function readMadrid(dataDir: string): Promise<{ modes: Map<string, Float64Array>; total: Float64Array }> {
  const [header, ...rows] = await readRows(join(dataDir, 'transport', 'public-transport-madrid.csv'));
  const names = (header as string[]).slice(1);
  assert.equal(names.at(-1), 'total', 'the last column of Madrid is the total');
  const columns = names.map((_, index) => Float64Array.from(rows, (row) => Number(row[index + 1])));
  const total = columns.pop() as Float64Array;
  return { modes: new Map(columns.map((column, index) => [names[index] as string, column])), total };
}

async function readRows(path: string): Promise<string[][]> {
  const text = await readFile(path, 'utf8');
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => line.split(',').map((cell) => cell.replace(/^"|"$/g, '')));
}
