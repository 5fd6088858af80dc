// smoke: sends a canary through a deployment and follows it: Pub/Sub, two functions, Firestore, BigQuery. It says how long
// each step took, and where it stuck what to look at.
import { topicOf } from '../bus/event-bus.ts';
import type { LedgerEntry } from '../contracts/documents.ts';
import { AndanteError } from '../runtime/errors.ts';
import type { Config } from '../runtime/config.ts';
import { refs } from '../store/allocation-store.ts';
import { ledgerId, sha256 } from '../store/ledger-key.ts';
import { quarantineRef } from '../store/quarantine.ts';
import { CANARY_MARKET, canaryOf, canaryRows, type Canary } from './canary.ts';
import { countOption, UsageError, type Command, type Conclusion, type Context, type Ports } from './command.ts';
import { checkMessage } from './read-events.ts';
import { smokeMends } from './smoke-mends.ts';
import { formatTable } from './table.ts';

type CanaryEvent = Canary['cancellation'] | Canary['creation'];

export const smoke: Command = {
  name: 'smoke',
  summary: 'send a canary through a deployment and verify what it leaves',
  usage: ['smoke [--timeout SECONDS] [--dry-run] [--json]'],
  options: {
    timeout: { type: 'string', value: 'SECONDS', help: 'how long all of it may take (default 120)' },
    'dry-run': { type: 'boolean', help: 'show the canary’s events and send nothing' },
  },
  notes: [
    'The canary is a campaign of tenant andante-canary, which TENANTS must not name. It is cancelled before it is created, in a',
    `market that nobody has opened (${CANARY_MARKET}): it is refused, and sells nothing whatever becomes of the run. Verified are: the`,
    'topics take its events, the functions campaign-status-changed and campaign-created decide them, the ledger and the campaign',
    'are in Firestore, and BigQuery’s view outcomes_once shows each outcome once. Its campaign document is then deleted; two rows',
    'and two ledger entries stay, and the entries expire. Exit code 1: it stuck; the last line says where and what to look at.',
  ],
  async run(args, context) {
    if (args.positionals.length > 0) throw new UsageError('smoke takes options only, such as --timeout 120');
    const timeoutMs = countOption(args, 'timeout', { otherwise: 120, most: 3_600 }) * 1_000;
    const canary = canaryOf(context.clock());
    const messages = [checkMessage(canary.cancellation), checkMessage(canary.creation)];
    if (args.values['dry-run'] === true) {
      const text = messages.map((message) => `${topicOf(message)}: ${JSON.stringify(message)}`).join('\n');
      return { exit: 'ok', text: `${text}\nnothing was sent`, json: { dryRun: true, messages } };
    }
    const { ports, config } = await context.connect();
    return follow(
      stepsOf(canary, { ports, config, context, deadlineMs: context.clock() + timeoutMs }),
      canary,
      context,
    );
  },
};

interface Step {
  name: string;
  /** Resolves to what was seen. */
  run: () => Promise<string>;
  /** What to look at where it fails for a reason of its own. */
  mend: string;
}

/** Somewhere the canary does not come on, or comes out as it must not. */
class StuckError extends Error {
  override name = 'StuckError';
}

async function follow(steps: readonly Step[], { campaignId }: Canary, context: Context): Promise<Conclusion> {
  const done: { step: string; ms: number; seen: string }[] = [];
  const startedAtMs = context.clock();
  for (const { name, run, mend } of steps) {
    const stepAtMs = context.clock();
    try {
      const seen = await run();
      done.push({ step: name, ms: context.clock() - stepAtMs, seen });
      context.progress(`${name}: ${seen}, ${context.clock() - stepAtMs} ms`);
    } catch (error) {
      if (!(error instanceof AndanteError) && !(error instanceof StuckError)) throw error;
      const ms = context.clock() - stepAtMs;
      const stuck = { step: name, ms, message: error.message, mend };
      const left = `Campaign ${campaignId} sells nothing; its documents are left to look at.`;
      return {
        exit: error instanceof StuckError ? 'different' : 'connection',
        text: `${tableOf(done)}\nstuck after ${ms} ms at: ${name}: ${error.message}\n${mend}\n${left}`,
        json: { campaignId, steps: done, stuck },
      };
    }
  }
  const ms = context.clock() - startedAtMs;
  return {
    exit: 'ok',
    text: `${tableOf(done)}\n${campaignId} went all the way in ${ms} ms and sold nothing`,
    json: { campaignId, ms, steps: done },
  };
}

function tableOf(done: readonly { step: string; ms: number; seen: string }[]): string {
  return formatTable(
    ['step', 'ms', 'seen'],
    done.map(({ step, ms, seen }) => [step, ms, seen]),
  );
}

interface World {
  ports: Ports;
  config: Config;
  context: Context;
  deadlineMs: number;
}

function stepsOf(canary: Canary, world: World): Step[] {
  const { cancellation, creation } = canary;
  const mends = smokeMends(world.config);
  return [
    { name: 'publish the cancellation', run: () => publish(cancellation, world), mend: mends.publish(cancellation) },
    {
      name: 'campaign-status-changed keeps it for later',
      run: () => decided(cancellation, 'waiting', world),
      mend: mends.decide(cancellation),
    },
    { name: 'Firestore has the campaign', run: () => campaignWaits(canary, world), mend: mends.state },
    { name: 'publish the campaign', run: () => publish(creation, world), mend: mends.publish(creation) },
    { name: 'campaign-created refuses it', run: () => refused(creation, world), mend: mends.decide(creation) },
    { name: 'BigQuery shows both outcomes once', run: () => rowsShown(canary, world), mend: mends.rows },
    { name: 'delete the campaign', run: () => cleaned(canary, world), mend: mends.state },
  ];
}

async function publish(event: CanaryEvent, { ports }: World): Promise<string> {
  return `message ${await ports.bus.publish(event)}`;
}

/** Waits for the ledger's entry of an event. @throws StuckError none comes, or another result */
async function decided(event: CanaryEvent, result: LedgerEntry['result'], world: World): Promise<string> {
  const id = ledgerId(event);
  const entry = await until(world, async () => (await world.ports.store.read([refs.ledger(id)]))[0]);
  if (!entry) throw new StuckError(await whyNot(event, world));
  if (entry.result !== result) throw new StuckError(`ledger/${id} says ${entry.result} where ${result} was expected`);
  return `ledger/${id}, ${result}`;
}

async function whyNot(event: CanaryEvent, { ports }: World): Promise<string> {
  const ref = quarantineRef({
    functionName: topicOf(event),
    tenantId: event.tenantId,
    eventId: event.eventId,
    // What the bus sends.
    payloadHash: sha256(JSON.stringify(event)),
  });
  const [refusal] = await ports.store.read([ref]);
  return refusal
    ? `the message is in quarantine (${ref.path}), ${refusal.code}: ${refusal.message}`
    : `Pub/Sub has the message, and ledger/${ledgerId(event)} is not there`;
}

async function campaignWaits({ tenantId, campaignId }: Canary, { ports }: World): Promise<string> {
  const ref = refs.campaign(tenantId, campaignId);
  const [campaign] = await ports.store.read([ref]);
  if (campaign?.waitingStatus?.status === 'cancelled') return `${ref.path}, ${campaign.status}`;
  throw new StuckError(`the ledger has the event, but ${ref.path} does not wait for its campaign to be cancelled`);
}

async function refused(creation: Canary['creation'], world: World): Promise<string> {
  const seen = await decided(creation, 'refused', world);
  const [entry] = await world.ports.store.read([refs.ledger(ledgerId(creation))]);
  const [outcome] = entry?.outcomes ?? [];
  if (outcome?.type === 'campaign-refused' && outcome.code === 'SUPPLY_UNKNOWN') return `${seen}, ${outcome.code}`;
  throw new StuckError(`it was refused, but not because market ${CANARY_MARKET} is unknown`);
}

async function rowsShown(canary: Canary, world: World): Promise<string> {
  const expected = canaryRows(canary).sort();
  let shown: string[] = [];
  await until(world, async () => {
    const rows = await world.ports.reader.campaignOutcomes(canary.tenantId, canary.campaignId);
    shown = rows.map(({ rowId }) => rowId).sort();
    return shown.length >= expected.length ? shown : undefined;
  });
  if (shown.join() === expected.join()) return `rows ${expected.join(' and ')}`;
  const entries = await world.ports.store.read(expected.map((row) => refs.ledger(row.slice(0, row.indexOf(':')))));
  const waiting = entries.filter((entry) => entry?.undrained === true).length;
  throw new StuckError(
    `outcomes_once shows ${shown.length === 0 ? 'no rows' : `rows ${shown.join(', ')}`}; ${waiting} of ${entries.length} ledger entries still owe theirs`,
  );
}

/** Deletes the campaign that only waits: nothing is left that anybody reads again. */
async function cleaned({ tenantId, campaignId }: Canary, { ports }: World): Promise<string> {
  const ref = refs.campaign(tenantId, campaignId);
  await ports.store.transact(
    async (transaction) => {
      const [campaign] = await transaction.get([ref]);
      if (campaign?.status === 'expected') transaction.delete(ref);
    },
    [ref],
  );
  return `${ref.path} is gone`;
}

const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5_000;

/** Asks until there is an answer or no time is left; undefined then. */
async function until<T>({ context, deadlineMs }: World, ask: () => Promise<T | undefined>): Promise<T | undefined> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 1.5, LONGEST_WAIT_MS)) {
    const answer = await ask();
    const leftMs = deadlineMs - context.clock();
    if (answer !== undefined || leftMs <= 0) return answer;
    await context.sleep(Math.min(waitMs, leftMs));
  }
}
