// Reads a traffic file: `region_id,dow,hour,traffic_share`, one row per region, weekday and hour. Regions become markets,
// shares their rhythm. Hours are taken as UTC. The shares say when a region listens and not how much, so all its
// markets are of one size and "the first N" are the first N in the file's order.
//
// Weekdays: 1-7 is ISO, Monday first (published files of this form are quietest on 6 and 7); a file that has a 0 is
// 0-6 with Sunday first, as in cron and JavaScript. Shares may add up to 1 over a week or over each day: only their
// proportions are used.
import { readFile } from 'node:fs/promises';
import { type MarketProfile, profileFromWeek } from './market-profile.ts';

/** Thrown for a traffic file that cannot be used; the message names file and line. */
export class InvalidTrafficFile extends Error {
  readonly code = 'INVALID_TRAFFIC_FILE';
}

/** The profiles of the file's regions, in the order in which they first appear. */
export async function readTrafficFile(path: string): Promise<MarketProfile[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new InvalidTrafficFile(`traffic file ${path}: cannot be read`, { cause: error });
  }
  return parseTrafficFile(text, path);
}

interface Row {
  line: number;
  market: string;
  dow: number;
  hour: number;
  share: number;
}

/**
 * {@link readTrafficFile} for a text that is already here.
 * @param name for messages
 */
export function parseTrafficFile(text: string, name: string): MarketProfile[] {
  const rows = parseRows(text, name);
  const sundayFirst = rows.some((row) => row.dow === 0);
  const seven = rows.find((row) => row.dow === 7);
  if (sundayFirst && seven) throw invalid(name, seven.line, 'dow is 7 in a file that also has 0: use 1-7 or 0-6');
  const regions = new Map<string, Map<number, Row>>();
  for (const row of rows) {
    const hours = regions.get(row.market) ?? new Map<number, Row>();
    const hourOfWeek = ((row.dow + 6) % 7) * 24 + row.hour;
    const earlier = hours.get(hourOfWeek);
    if (earlier) throw invalid(name, row.line, `repeats region, dow and hour of line ${earlier.line}`);
    hours.set(hourOfWeek, row);
    regions.set(row.market, hours);
  }
  return [...regions].map(([market, hours]) => regionProfile(market, hours, { name, sundayFirst }));
}

function regionProfile(market: string, hours: Map<number, Row>, file: { name: string; sundayFirst: boolean }) {
  const dow = (hourOfWeek: number) => {
    const iso = Math.floor(hourOfWeek / 24) + 1;
    return file.sundayFirst ? iso % 7 : iso;
  };
  const week = Array.from({ length: 168 }, (_share, hourOfWeek) => {
    const row = hours.get(hourOfWeek);
    if (row) return row.share;
    const place = `dow ${dow(hourOfWeek)}, hour ${hourOfWeek % 24}`;
    throw new InvalidTrafficFile(`traffic file ${file.name}: region ${market} has no row for ${place}`);
  });
  for (let start = 0; start < 168; start += 24) {
    if (week.slice(start, start + 24).some((share) => share > 0)) continue;
    throw new InvalidTrafficFile(`traffic file ${file.name}: region ${market} has no traffic on dow ${dow(start)}`);
  }
  return profileFromWeek(market, 1, week);
}

const COLUMNS = ['region_id', 'dow', 'hour', 'traffic_share'];

function parseRows(text: string, name: string): Row[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  if (lines[0]?.trim() !== COLUMNS.join(',')) throw invalid(name, 1, `the header must be ${COLUMNS.join(',')}`);
  const rows = lines.flatMap((content, index) =>
    index === 0 || content.trim() === '' ? [] : [parseRow(content, { name, line: index + 1 })],
  );
  if (rows.length === 0) throw invalid(name, 2, 'expected at least one row');
  return rows;
}

function parseRow(content: string, at: { name: string; line: number }): Row {
  const fields = content.split(',').map((field) => field.trim());
  if (fields.length !== COLUMNS.length) {
    throw invalid(at.name, at.line, `expected ${COLUMNS.length} fields, got ${fields.length}`);
  }
  const [market = '', dow = '', hour = '', share = ''] = fields;
  if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,29}$/.test(market)) {
    throw invalid(at.name, at.line, 'region_id must be 1 to 30 letters, digits and hyphens');
  }
  return {
    line: at.line,
    market,
    dow: parseWhole(dow, { ...at, column: 'dow', high: 7 }),
    hour: parseWhole(hour, { ...at, column: 'hour', high: 23 }),
    share: parseShare(share, at),
  };
}

function parseWhole(field: string, at: { name: string; line: number; column: string; high: number }): number {
  if (/^\d{1,2}$/.test(field) && Number(field) <= at.high) return Number(field);
  throw invalid(at.name, at.line, `${at.column} must be a whole number from 0 to ${at.high}, got "${clip(field)}"`);
}

function parseShare(field: string, at: { name: string; line: number }): number {
  const share = Number(field);
  if (field !== '' && share >= 0 && share <= 1) return share;
  throw invalid(at.name, at.line, `traffic_share must be a number from 0 to 1, got "${clip(field)}"`);
}

function clip(field: string): string {
  return field.slice(0, 20);
}

function invalid(name: string, line: number, problem: string): InvalidTrafficFile {
  return new InvalidTrafficFile(`traffic file ${name}, line ${line}: ${problem}`);
}
