// decide: one request as an ad server asks it, decided by the stored or a saved plan, and why.
import { compilePlan } from '../auction/compile-plan.ts';
import { decideOpportunity } from '../auction/decide-opportunity.ts';
import { decodeDecision } from '../contracts/decode-decision.ts';
import type { Award, Decision, DecisionRequest, Explanation } from '../contracts/decision.ts';
import type { Plan } from '../contracts/plan.ts';
import { AndanteError } from '../runtime/errors.ts';
import { refs } from '../store/allocation-store.ts';
import { canonicalJson } from '../store/ledger-key.ts';
import { openPlan, type OpenPlan } from '../store/open-plan.ts';
import { pathPart, textOption, UsageError, type Command, type Conclusion, type Context } from './command.ts';
import { formatMicros, formatTime } from './format-values.ts';
import { unknownMarket } from './nearest.ts';
import { formatTable } from './table.ts';

export const decide: Command = {
  name: 'decide',
  summary: 'decide one request by the plan, and say who was considered and why who won',
  usage: ['decide <file|-> [--plan FILE] [--group G] [--json]'],
  options: {
    plan: { type: 'string', value: 'FILE', help: 'decide by this saved plan instead of the stored one' },
    group: { type: 'string', value: 'G', help: 'the ad-server group that asks; needed where several have leases' },
  },
  notes: [
    'The file holds one request, as POST /v1/decisions takes it; the saved plan is what GET /v1/markets/{market}/plan answered.',
    'The same plan, group and request are decided the same, bit for bit: --json prints the decision as the server did.',
    'Exit code 1: the market has no plan, or not the one that the request names by its hash.',
  ],
  async run(args, context) {
    const [path, ...more] = args.positionals;
    if (path === undefined || more.length > 0) throw new UsageError('decide takes one file, or - for standard input');
    const request = asUsage(path, await readInput(path, context), decodeDecision);
    const saved = textOption(args, 'plan');
    const open = saved === undefined ? await storedPlan(request.market, context) : await savedPlan(saved, context);
    if (typeof open === 'string') return { exit: 'different', text: open, json: { error: { message: open } } };
    const { plan, hash } = open;
    if (plan.market !== request.market)
      throw new UsageError(`the plan is of market ${plan.market}, the request of ${request.market}`);
    if (request.planHash !== undefined && request.planHash !== hash) return mismatch(plan, hash);
    const group = groupOf(textOption(args, 'group'), plan);
    const compiled = compilePlan(plan, hash, group);
    const explained = decideOpportunity(compiled, { ...request, explain: true });
    const { explanation, ...decision } = explained;
    return {
      exit: 'ok',
      text: toText({ request, group, plan, decision, explanation: explanation as Explanation }),
      json: { ...(request.explain ? explained : decision) },
    };
  },
};

function readInput(path: string, context: Context): Promise<string> {
  return context.readInput(path).catch((error: unknown) => {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  });
}

/** What a file holds that is none of ours is a wrong command line. */
function asUsage<T>(path: string, text: string, read: (text: string) => T): T {
  try {
    return read(text);
  } catch (error) {
    if (error instanceof AndanteError) throw new UsageError(`${path}: ${error.code}: ${error.message}`);
    if (error instanceof SyntaxError) throw new UsageError(`${path} must be JSON`);
    throw error;
  }
}

/** However it was laid out when it was saved, it hashes as it did when it was published. */
async function savedPlan(path: string, context: Context): Promise<OpenPlan> {
  const text = await readInput(path, context);
  return asUsage(path, text, () => openPlan(canonicalJson(JSON.parse(text)), 'the plan'));
}

async function storedPlan(market: string, context: Context): Promise<OpenPlan | string> {
  const { ports } = await context.connect();
  const [stored] = await ports.store.read([refs.plan(market)]);
  if (stored) return openPlan(stored.body, refs.plan(market).path);
  const names = await ports.store.markets();
  return names.includes(market)
    ? `market ${market} has no plan: its first tick publishes one`
    : unknownMarket(market, names);
}

function mismatch({ market, planVersion }: Plan, hash: string): Conclusion {
  const message = `PLAN_MISMATCH: the plan of ${market} is version ${planVersion}, ${hash}`;
  return { exit: 'different', text: message, json: { error: { code: 'PLAN_MISMATCH', message } } };
}

function groupOf(named: string | undefined, { lines }: Plan): string {
  if (named !== undefined) return pathPart(named, 'a group');
  const groups = [...new Set(lines.flatMap(({ leases }) => leases.map(({ group }) => group)))].sort();
  if (groups.length > 1) throw new UsageError(`--group says who asks: ${groups.join(', ')} have leases`);
  return groups[0] ?? 'nobody';
}

interface Decided {
  request: DecisionRequest;
  group: string;
  plan: Plan;
  decision: Decision;
  explanation: Explanation;
}

function toText({ request, group, plan, decision, explanation }: Decided): string {
  const { requestId, market, segment, surface, atMs } = request;
  const { planHash, isFallback, isExplored, floorCpmMicros, houseScore } = explanation;
  const how = [...(isFallback ? ['stale: fallback shares'] : []), ...(isExplored ? ['explored'] : [])];
  return [
    `request ${requestId}: ${segment} on ${surface} in ${market} at ${formatTime(atMs)}, asked by ${group}`,
    [
      `plan version ${plan.planVersion}, ${planHash.slice(0, 12)}, valid until ${formatTime(plan.validUntilAtMs)}`,
      ...how,
    ].join('; '),
    `floor ${formatMicros(floorCpmMicros)} a thousand; the house scores ${formatScore(houseScore)}`,
    ...decision.awards.map((award, index) => `slot ${index + 1}: ${describe(award)}`),
    '',
    candidateTable(explanation),
    ...(explanation.offers.length > 0 ? ['', offerTable(explanation)] : []),
  ].join('\n');
}

function describe({
  code,
  campaignId,
  subcampaignId,
  offerId,
  chargeMicros = 0,
  clickPriceMicros = 0,
  cpmMicros = 0,
}: Award) {
  if (campaignId !== undefined)
    return `${campaignId}/${subcampaignId}, ${code}: charged ${formatMicros(chargeMicros)}, ${formatMicros(clickPriceMicros)} a click`;
  if (offerId !== undefined) return `offer ${offerId}, ${code}: pays ${formatMicros(cpmMicros)} a thousand`;
  return `the house, ${code}`;
}

/** The best first. */
function candidateTable({ candidates }: Explanation): string {
  if (candidates.length === 0) return 'no line of the plan is for this segment and surface';
  const rows = candidates
    .toSorted((left, right) => right.score - left.score)
    .map(({ campaignId, subcampaignId, valueMicros, price, netWorthMicros, draw, score, code }) => [
      `${campaignId}/${subcampaignId}`,
      formatScore(valueMicros),
      price.toFixed(4),
      formatScore(netWorthMicros),
      draw.toFixed(6),
      formatScore(score),
      code ?? 'shown',
    ]);
  return formatTable(['line', 'value', 'price', 'net worth', 'draw', 'score', ''], rows);
}

function offerTable({ offers }: Explanation): string {
  const rows = offers.map(({ offerId, buyer, cpmMicros, adjustedCpmMicros }) => [
    offerId,
    buyer,
    formatMicros(cpmMicros),
    formatMicros(Math.round(adjustedCpmMicros)),
  ]);
  return formatTable(['offer', 'buyer', 'bids a thousand', 'counts'], rows);
}

/** Micros of an impression, and what is compared with them. */
function formatScore(micros: number): string {
  return micros.toFixed(2);
}
