// Settled quotes in files: one JSON object a line.
import { readFile } from 'node:fs/promises';
import type { PastError } from '../../shared/forecasting/spread-likelihood.ts';
import type { SettledQuote } from './full-spend-world.ts';
import { UsageError } from './usage-error.ts';

export type FileQuote = Omit<SettledQuote, 'sigma'>;

/**
 * {"supply" or "medianClicks", "errors": [ln(actual / forecast), ...], "alpha", "beta", "clickPriceMicros", "budgetMicros",
 * "spentInFull": 0 or 1}: a supply of opportunities, or of clicks at the median; an error may also be
 * {"logError", "period"}; without alpha and beta the rate is known. Empty lines count nothing.
 * @throws UsageError for a file that is not there, no JSON, or makes no sense; it names the file and the line
 */
export async function readQuotes(path: string): Promise<FileQuote[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new UsageError(`${path}: cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  const quotes = text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    return [toQuote(line, `${path}, line ${index + 1}`)];
  });
  if (quotes.length === 0) throw new UsageError(`${path}: there is no quote`);
  return quotes;
}

function toQuote(line: string, place: string): FileQuote {
  let row: Record<string, unknown>;
  try {
    row = (JSON.parse(line) ?? {}) as Record<string, unknown>;
  } catch (error) {
    throw new UsageError(`${place}: is no JSON: ${(error as Error).message}`);
  }
  const amount = (name: string) => asAmount(row[name], `${place}: ${name}`);
  const isKnown = row['alpha'] === undefined && row['beta'] === undefined;
  const rate = isKnown ? { alpha: 1, beta: 0 } : { alpha: amount('alpha'), beta: amount('beta') };
  const perClick = rate.alpha === 0 ? 1 : (rate.alpha + rate.beta) / rate.alpha;
  return {
    supply: row['medianClicks'] === undefined ? amount('supply') : amount('medianClicks') * perClick,
    errors: asErrors(row['errors'] ?? [], place),
    rate,
    clickPriceMicros: amount('clickPriceMicros'),
    budgetMicros: amount('budgetMicros'),
    spentInFull: asOutcome(row['spentInFull'], place),
  };
}

function asErrors(errors: unknown, place: string): PastError[] {
  if (!Array.isArray(errors)) throw new UsageError(`${place}: errors must be an array`);
  return errors.map((error: unknown) => {
    const { logError, period } = (typeof error === 'object' && error !== null ? error : { logError: error }) as Record<
      string,
      unknown
    >;
    if (typeof logError !== 'number') throw new UsageError(`${place}: an error must be a number`);
    return typeof period === 'string' || typeof period === 'number' ? { logError, period } : { logError };
  });
}

function asAmount(value: unknown, place: string): number {
  if (typeof value === 'number' && value >= 0) return value;
  throw new UsageError(`${place} must be a number of 0 or more, not ${JSON.stringify(value) ?? 'nothing'}`);
}

function asOutcome(value: unknown, place: string): boolean {
  if (value === 0 || value === 1 || typeof value === 'boolean') return Boolean(value);
  throw new UsageError(`${place}: spentInFull must be 0 or 1, not ${JSON.stringify(value) ?? 'nothing'}`);
}
