// reconcile: ledger = state = BigQuery, or a list of what differs.
import { refs } from '../store/allocation-store.ts';
import { readViews } from '../store/market-views.ts';
import { undrainedBacklog, waitingBacklog } from './backlog.ts';
import {
  campaignName,
  pathPart,
  textOption,
  UsageError,
  type Command,
  type Conclusion,
  type Context,
  type Ports,
} from './command.ts';
import { differenceMends, type Difference } from './difference.ts';
import { reconcileCampaign } from './reconcile-campaign.ts';
import { reconcileMarket } from './reconcile-market.ts';
import { formatTable } from './table.ts';

/** A difference counts when it is found so many times in a row: between two reads the world moves on. */
const ATTEMPTS = 3;
const PAUSE_MS = 1_000;

interface Subject {
  name: string;
  check(): Promise<Difference[] | undefined>;
}

export const reconcile: Command = {
  name: 'reconcile',
  summary: 'compare ledger, state and BigQuery, and check the invariants of money',
  usage: ['reconcile [--campaign <tenant>/<campaign> | --market M] [--json]'],
  options: {
    campaign: { type: 'string', value: 'T/C', help: 'one campaign' },
    market: { type: 'string', value: 'M', help: 'one market and its book' },
  },
  notes: [
    'Without an option: every market and every campaign in its book. It writes nothing. What differs is read again, up to',
    `${ATTEMPTS} times, so that a tick between two reads is no difference. Exit code 1: something differs, or nothing matched.`,
  ],
  async run(args, context) {
    if (args.positionals.length > 0) throw new UsageError('reconcile takes options only, such as --market SE');
    const campaign = textOption(args, 'campaign');
    const market = textOption(args, 'market');
    if (campaign !== undefined && market !== undefined)
      throw new UsageError('reconcile takes --campaign or --market, not both');
    const named = campaign === undefined ? undefined : campaignName(campaign);
    if (market !== undefined) pathPart(market, 'a market');
    const { ports } = await context.connect();
    const everything = named || market !== undefined ? [] : await ports.store.markets();
    const subjects = named
      ? [campaignSubject(named, ports, context)]
      : (market === undefined ? everything : [market]).map((name) => marketSubject(name, ports, context));
    if (market === undefined && !named) subjects.push(...(await campaignsOf(everything, ports, context)));
    return reconcileAll(subjects, context);
  },
};

function marketSubject(market: string, { store, reader }: Ports, context: Context): Subject {
  return {
    name: `market ${market}`,
    async check() {
      const own = await reconcileMarket(market, { store, reader, nowMs: context.clock() });
      const concern = { markets: [market] };
      return own && [...(await undrainedBacklog(store, concern)), ...(await waitingBacklog(store, concern)), ...own];
    },
  };
}

function campaignSubject(
  of: { tenantId: string; campaignId: string },
  { store, reader }: Ports,
  context: Context,
): Subject {
  return {
    name: `campaign ${of.tenantId}/${of.campaignId}`,
    async check() {
      const own = await reconcileCampaign(of, { store, reader, nowMs: context.clock() });
      if (!own) return undefined;
      const [stored] = await store.read([refs.campaign(of.tenantId, of.campaignId)]);
      const markets = [...new Set(stored?.subcampaigns.map(({ market }) => market) ?? [])];
      const concern = { markets, campaignId: of.campaignId };
      return [...(await undrainedBacklog(store, concern)), ...(await waitingBacklog(store, concern)), ...own];
    },
  };
}

async function campaignsOf(markets: readonly string[], ports: Ports, context: Context): Promise<Subject[]> {
  const subjects = new Map<string, Subject>();
  for (const market of markets) {
    const view = (await readViews(ports.store, [{ market, pages: 'all', days: [] }])).get(market);
    for (const { tenantId, campaignId } of view?.pages.flatMap((page) => page.entries) ?? []) {
      subjects.set(`${tenantId}/${campaignId}`, campaignSubject({ tenantId, campaignId }, ports, context));
    }
  }
  return [...subjects.values()];
}

async function reconcileAll(subjects: readonly Subject[], context: Context): Promise<Conclusion> {
  const differences: (Difference & { subject: string })[] = [];
  const checked: string[] = [];
  for (const [index, subject] of subjects.entries()) {
    context.progress(`${index + 1} of ${subjects.length}: ${subject.name}`);
    const found = await checkRepeatedly(subject, context);
    if (!found) continue;
    checked.push(subject.name);
    differences.push(...found.map((difference) => ({ subject: subject.name, ...difference })));
  }
  return conclude(checked, differences, subjects);
}

async function checkRepeatedly(subject: Subject, context: Context): Promise<Difference[] | undefined> {
  for (let attempt = 1; ; attempt++) {
    const found = await subject.check();
    if (!found || found.length === 0 || attempt === ATTEMPTS) return found;
    context.progress(`${subject.name}: ${found.length} differences, reading again`);
    await context.sleep(PAUSE_MS);
  }
}

function conclude(
  checked: readonly string[],
  differences: readonly (Difference & { subject: string })[],
  asked: readonly Subject[],
): Conclusion {
  if (checked.length === 0) {
    const name = asked.map((subject) => subject.name).join(', ');
    const message = name === '' ? 'there is no market yet' : `${name} is known neither to the store nor to BigQuery`;
    return { exit: 'different', text: message, json: { checked, differences, error: { message } } };
  }
  const json = {
    checked,
    differences: differences.map((difference) => ({ ...difference, mend: differenceMends[difference.code] })),
  };
  if (differences.length === 0)
    return { exit: 'ok', text: `${checked.join('\n')}\nledger, state and BigQuery agree`, json };
  const table = formatTable(
    ['code', 'where', 'expected', 'found'],
    differences.map(({ code, where, expected, found }) => [code, where, expected, found]),
  );
  const mends = [...new Set(differences.map(({ code }) => code))].map((code) => `${code}: ${differenceMends[code]}`);
  return { exit: 'different', text: [table, ...mends, `${differences.length} differences`].join('\n'), json };
}
