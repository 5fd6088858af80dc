// Logs of impressions in the form of the Open Bandit Dataset (Saito et al., NeurIPS 2021, CC BY 4.0): one row an impression,
// with its time, item, position, whether it was clicked, and how likely the policy was to show that item there.
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { UsageError } from './usage-error.ts';

/** Impressions that are alike in all that is known of them. */
export interface Observed {
  factors: { log: string; item: string; position: string };
  /** Days since the epoch, and the hour of the day, as the log has them. */
  day: number;
  hour: number;
  impressions: number;
  clicks: number;
  score: number;
}

const COLUMNS = ['timestamp', 'item_id', 'position', 'click'] as const;
/** Scores are rounded to a twentieth, so that impressions fold together. */
const SCORES_PER_UNIT = 20;

/**
 * The impressions of a file. The score is the logarithm of how much more often than at random the policy shows the item:
 * what the log's own policy thinks of it, from data of its own; 0 for a policy that thinks nothing.
 * @throws UsageError for a file that cannot be read as such a log, with the row
 */
export async function readLog(file: string): Promise<Observed[]> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new UsageError(`there is no file ${file}`);
  });
  const [header = '', ...lines] = text.trimEnd().split(/\r?\n/);
  const names = header.split(',');
  const places = COLUMNS.map((name) => names.indexOf(name));
  const missing = COLUMNS.filter((_, index) => places[index] === -1);
  if (missing.length > 0) throw new UsageError(`${file} has no column ${missing.join(', ')}`);
  const propensity = names.indexOf('propensity_score');
  const rows = lines.map((line) => line.split(','));
  const items = new Set(rows.map((cells) => cells[places[1] as number])).size;
  return rows.map((cells, index) => {
    const [timestamp, item, position, click] = places.map((place) => cells[place] ?? '') as [
      string,
      string,
      string,
      string,
    ];
    const [day, hour] = [
      Date.parse(`${timestamp.slice(0, 10)}T00:00:00Z`) / 86_400_000,
      Number(timestamp.slice(11, 13)),
    ];
    const chance = propensity === -1 ? 1 / items : Number(cells[propensity]);
    if (
      !Number.isInteger(day) ||
      !(hour >= 0 && hour < 24) ||
      !/^[01](\.0)?$/.test(click) ||
      !(chance > 0 && chance <= 1)
    ) {
      throw new UsageError(`${file}: row ${index + 1} is no impression: ${cells.join(',')}`);
    }
    const score = Math.round(SCORES_PER_UNIT * Math.log(chance * items)) / SCORES_PER_UNIT;
    const factors = { log: basename(file, '.csv'), item, position };
    return { factors, day, hour, impressions: 1, clicks: Number(click), score };
  });
}
