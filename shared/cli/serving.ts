// serving: what operators set for the serving of a market: auction, floors, creatives, and their word on single lines.
import { decodeInstants, encodeInstants, InvalidInstant, parseInstant } from '../contracts/instants.ts';
import { DEFAULT_AUCTION, DEFAULT_CLICK_FLOOR_MICROS, type ServingSettings } from '../contracts/serving.ts';
import * as validators from '../contracts/validators.generated.js';
import { refs } from '../store/allocation-store.ts';
import { newMarket } from '../store/persist-supply.ts';
import { pathPart, UsageError, type Command, type Conclusion } from './command.ts';
import { formatMicros, formatTime } from './format-values.ts';

type Change = (known: ServingSettings) => ServingSettings;
type Override = ServingSettings['overrides'][number];
type Status = ServingSettings['creatives'][number]['status'];

export const serving: Command = {
  name: 'serving',
  summary: 'show or change how a market is auctioned, which creatives are approved, and which lines are held',
  usage: [
    'serving MARKET [FILE] [--dry-run] [--json]',
    'serving MARKET --freeze CAMPAIGN[/PART] --until INSTANT --reason TEXT',
    'serving MARKET --thaw CAMPAIGN[/PART]',
    'serving MARKET --approve CREATIVE | --reject CREATIVE',
  ],
  options: {
    freeze: { type: 'string', help: 'serve nothing of this line, or of the whole campaign, and grant it nothing' },
    thaw: { type: 'string', help: 'take back what was said of this line or campaign' },
    until: { type: 'string', help: 'when a freeze ends by itself' },
    reason: { type: 'string', help: 'why' },
    approve: { type: 'string', help: 'let lines with this creative be served' },
    reject: { type: 'string', help: 'serve nothing with this creative' },
    'dry-run': { type: 'boolean', help: 'check and write nothing' },
  },
  notes: [
    'FILE is JSON, or - for standard input, with any of: "pricing" (first or second), "positions" ([1, 0.8]), "floors"',
    '([{"surface": "home", "cpmMicros": 900000}]), "adjustments" ([{"buyer": "b1", "kind": "multiplier", "value": 0.9}]),',
    '"explorationShare", "fullScreenPerDay", "artistSeparation", "houseCpmMicros", "clickFloorMicros" (100000), "creatives", "overrides"',
    '([{"campaignId": "c1", "kind": "price", "price": 0.5, "untilAt": "2026-12-01T00:00:00Z", "reason": "..."}]). What is left out is as if',
    'never set. The next tick follows it, the next rate card within an hour. Every change raises the version that plans carry.',
  ],
  async run(args, context) {
    const [name, file, ...more] = args.positionals;
    if (more.length > 0) throw new UsageError('serving takes a market and at most one file');
    const market = pathPart(name, 'a market');
    const change = changeOf(args.values, file === undefined ? undefined : await context.readInput(file));
    const { ports } = await context.connect();
    const [known] = await ports.store.read([refs.market(market)]);
    if (!change) {
      if (!known) return { exit: 'different', text: `market ${market} is not known`, json: { market } };
      return shown(market, known.serving ?? unset());
    }
    const changed = checked(change(known?.serving ?? unset()));
    if (args.values['dry-run'] === true) {
      const { text, json } = shown(market, changed);
      return { exit: 'ok', text: `${text}\nnothing was written`, json: { ...json, dryRun: true } };
    }
    const written = await ports.store.transact(
      async (transaction) => {
        const [now = newMarket(market)] = await transaction.get([refs.market(market)]);
        const before = now.serving ?? unset();
        const after = { ...checked(change(before)), version: before.version + 1 };
        transaction.set(refs.market(market), { ...now, serving: after });
        return after;
      },
      [refs.market(market)],
    );
    return shown(market, written);
  },
};

/** Nothing was ever set: the first change is version 1. */
function unset(): ServingSettings {
  return { ...DEFAULT_AUCTION, creatives: [], overrides: [] };
}

/** @throws UsageError where the command line asks for two things, or for half of one */
function changeOf(values: Record<string, unknown>, text: string | undefined): Change | undefined {
  const given = (name: string) => (typeof values[name] === 'string' ? values[name] : undefined);
  const [freeze, thaw, approve, reject] = ['freeze', 'thaw', 'approve', 'reject'].map(given);
  const asked = [text, freeze, thaw, approve, reject].filter((one) => one !== undefined);
  if (asked.length > 1) throw new UsageError('serving changes one thing at a time: a file, or one of its options');
  if (freeze === undefined && (given('until') ?? given('reason')) !== undefined)
    throw new UsageError('--until and --reason belong to --freeze');
  if (text !== undefined) return parse(text);
  if (freeze !== undefined) return withFreeze(freeze, given('until'), given('reason'));
  if (thaw !== undefined) return (known) => ({ ...known, overrides: without(known.overrides, lineOf(thaw)) });
  if (approve !== undefined) return withCreative(approve, 'approved');
  if (reject !== undefined) return withCreative(reject, 'rejected');
  return undefined;
}

function withFreeze(name: string, until: string | undefined, reason: string | undefined): Change {
  const line = lineOf(name);
  if (until === undefined || reason === undefined || reason.trim() === '')
    throw new UsageError('--freeze needs --until and --reason: nobody remembers either');
  const untilAtMs = instantOf(until);
  return (known) => ({
    ...known,
    overrides: [...without(known.overrides, line), { ...line, kind: 'freeze', untilAtMs, reason }],
  });
}

function withCreative(creativeId: string, status: Status): Change {
  return (known) => ({
    ...known,
    creatives: [...known.creatives.filter((one) => one.creativeId !== creativeId), { creativeId, status }],
  });
}

type Line = Pick<Override, 'campaignId' | 'subcampaignId'>;

function lineOf(name: string): Line {
  const [campaignId = '', subcampaignId, ...more] = name.split('/');
  if (campaignId === '' || subcampaignId === '' || more.length > 0)
    throw new UsageError(`a line is CAMPAIGN or CAMPAIGN/PART, not ${name}`);
  return subcampaignId === undefined ? { campaignId } : { campaignId, subcampaignId };
}

function without(overrides: readonly Override[], line: Line): Override[] {
  return overrides.filter(
    ({ campaignId, subcampaignId }) => campaignId !== line.campaignId || subcampaignId !== line.subcampaignId,
  );
}

function instantOf(text: string): number {
  try {
    return parseInstant(text, '--until');
  } catch (error) {
    if (error instanceof InvalidInstant) throw new UsageError(error.message);
    throw error;
  }
}

/** @throws UsageError */
function parse(text: string): Change {
  let body: unknown;
  try {
    body = decodeInstants(JSON.parse(text));
  } catch (error) {
    if (error instanceof InvalidInstant) throw new UsageError(error.message);
    throw new UsageError(ONE_OBJECT);
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new UsageError(ONE_OBJECT);
  const { version: _ours, ...told } = body as Record<string, unknown>;
  return ({ version }) => ({ ...unset(), ...(told as Partial<ServingSettings>), version });
}

const ONE_OBJECT = 'serving settings are one JSON object; --help shows one';

/** @throws UsageError naming the first field that is wrong */
function checked(settings: ServingSettings): ServingSettings {
  // The version is raised when it is written.
  if (validators.servingSettings({ ...settings, version: 1 })) {
    const priceless = settings.overrides.findIndex(({ kind, price }) => (kind === 'price') !== (price !== undefined));
    if (priceless >= 0)
      throw new UsageError(`/overrides/${priceless}: a price belongs to the kind price, and to no other`);
    return settings;
  }
  const [error] = validators.servingSettings.errors ?? [];
  const params = error?.params as { additionalProperty?: unknown } | undefined;
  const extra = typeof params?.additionalProperty === 'string' ? ` (${params.additionalProperty})` : '';
  throw new UsageError(`${error?.instancePath || 'the settings'} ${error?.message ?? 'are invalid'}${extra}`);
}

function shown(market: string, settings: ServingSettings): Conclusion {
  const { version, pricing, positions, floors, adjustments, creatives, overrides } = settings;
  const lines = [
    `market ${market}, version ${version}: ${pricing} price, positions ${positions.join(' ')}, ${floors.length} floors, ${adjustments.length} bid adjustments`,
    `full-screen ads a listener and day: ${settings.fullScreenPerDay ?? 'any'}; an artist's ads apart: ${settings.artistSeparation}; exploration: ${settings.explorationShare * 100}%; house: ${settings.houseCpmMicros ?? 'by what runs'}; a click at least ${formatMicros(settings.clickFloorMicros ?? DEFAULT_CLICK_FLOOR_MICROS)}`,
    ...creatives.map(({ creativeId, status }) => `  creative ${creativeId}: ${status}`),
    ...overrides.map(({ campaignId, subcampaignId, kind, price, untilAtMs, reason }) => {
      const line = subcampaignId === undefined ? campaignId : `${campaignId}/${subcampaignId}`;
      return `  ${line}: ${kind}${price === undefined ? '' : ` ${price}`} until ${formatTime(untilAtMs)} (${reason})`;
    }),
  ];
  return { exit: 'ok', text: lines.join('\n'), json: { market, ...(encodeInstants(settings) as object) } };
}
