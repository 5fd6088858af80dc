// settings: what people tell the forecast of a market: holidays, corrections, listeners, markets that it is like.
import { decodeInstants, encodeInstants, InvalidInstant } from '../contracts/instants.ts';
import type { ForecastSettings } from '../contracts/documents.ts';
import * as validators from '../contracts/validators.generated.js';
import { dayOf } from '../forecasting/traffic-clock.ts';
import { refs } from '../store/allocation-store.ts';
import { openMarket } from '../store/persist-supply.ts';
import { pathPart, UsageError, type Command, type Conclusion } from './command.ts';
import { formatTime } from './format-values.ts';

export const settings: Command = {
  name: 'settings',
  summary: 'show or replace what the forecast of a market is told',
  usage: ['settings MARKET [FILE] [--dry-run] [--json]'],
  options: { 'dry-run': { type: 'boolean', help: 'check FILE and write nothing' } },
  notes: [
    'FILE is JSON, or - for standard input: {"holidays": ["2026-12-25"], "modifiers": [{"segments": ["casual"], "startAt":',
    '"2026-12-01T00:00:00Z", "endAt": "2026-12-08T00:00:00Z", "multiplier": 1.3, "reason": "release week"}],',
    '"activeListeners": 120000, "analogues": ["SE", "NO"]}. All of it is optional, and what is left out is empty afterwards.',
    'The next supply-refresh follows it. A market that nobody knows yet is opened, so that its reports are taken.',
  ],
  async run(args, context) {
    const [name, file, ...more] = args.positionals;
    if (more.length > 0) throw new UsageError('settings takes a market and at most one file');
    const market = pathPart(name, 'a market');
    if (file === undefined) {
      const { ports } = await context.connect();
      const [known] = await ports.store.read([refs.forecastSettings(market)]);
      return known
        ? shown(market, known)
        : { exit: 'different', text: `market ${market} has no settings`, json: { market } };
    }
    const document = parse(market, await context.readInput(file));
    if (args.values['dry-run'] === true) {
      const { text, json } = shown(market, document);
      return { exit: 'ok', text: `${text}\nnothing was written`, json: { ...json, dryRun: true } };
    }
    const { ports } = await context.connect();
    await ports.store.transact(
      async (transaction) => {
        await openMarket(transaction, market);
        transaction.set(refs.forecastSettings(market), document);
      },
      [refs.market(market)],
    );
    return shown(market, document);
  },
};

const ONE_OBJECT = 'settings are one JSON object; --help shows one';

function isDay(day: string): boolean {
  const atMs = Date.parse(day);
  return !Number.isNaN(atMs) && dayOf(atMs) === day;
}

/** @throws UsageError naming the first field that is wrong */
function parse(market: string, text: string): ForecastSettings {
  try {
    const json = JSON.parse(text) as unknown;
    if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new UsageError(ONE_OBJECT);
    const body = decodeInstants(json) as Record<string, unknown>;
    const document = { holidays: [], modifiers: [], analogues: [], ...body, schemaVersion: 1, market };
    if (validators.forecastSettingsDocument(document)) {
      const settings = document as unknown as ForecastSettings;
      const backward = settings.modifiers.findIndex(({ startAtMs, endAtMs }) => endAtMs <= startAtMs);
      const silent = settings.modifiers.findIndex(({ reason }) => reason.trim() === '');
      if (silent >= 0) throw new UsageError(`/modifiers/${silent}/reason must say why`);
      const unreal = settings.holidays.findIndex((day) => !isDay(day));
      if (unreal >= 0) throw new UsageError(`/holidays/${unreal} must be a day that a calendar has`);
      if (backward >= 0) throw new UsageError(`/modifiers/${backward}/endAt must be after startAt`);
      return settings;
    }
    const [error] = validators.forecastSettingsDocument.errors ?? [];
    throw new UsageError(`${error?.instancePath || 'the settings'} ${error?.message ?? 'are invalid'}`);
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(ONE_OBJECT);
    if (error instanceof InvalidInstant) throw new UsageError(error.message);
    throw error;
  }
}

function shown(market: string, settings: ForecastSettings): Conclusion {
  const { holidays, modifiers, analogues, activeListeners } = settings;
  const lines = [
    `market ${market}: ${holidays.length} holidays${holidays.length > 0 ? `, ${holidays.slice(-5).join(', ')}` : ''}`,
    ...modifiers.map(({ segments, surfaces, startAtMs, endAtMs, multiplier, reason }) => {
      const where = `${segments?.join(' ') ?? 'every segment'}, ${surfaces?.join(' ') ?? 'every surface'}`;
      return `  x ${multiplier} from ${formatTime(startAtMs)} to ${formatTime(endAtMs)}: ${where} (${reason})`;
    }),
    ...(activeListeners === undefined ? [] : [`${activeListeners} listeners a day`]),
    ...(analogues.length > 0 ? [`like ${analogues.join(', ')}`] : []),
  ];
  return {
    exit: 'ok',
    text: lines.join('\n'),
    json: encodeInstants(settings) as Record<string, unknown>,
  };
}
