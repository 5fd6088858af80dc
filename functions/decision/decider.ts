// Requests in, decisions out, in order: each decoded, given the plan of its market, and decided by it for the group that
// asks. What is wrong with one request is said in its place, and the others go on.
import { compilePlan, type CompiledPlan } from '../../shared/auction/compile-plan.ts';
import { decideOpportunity } from '../../shared/auction/decide-opportunity.ts';
import { MAX_BATCH_MARKETS, decodeDecision, requestIdOf } from '../../shared/contracts/decode-decision.ts';
import type { Decision, DecisionRequest } from '../../shared/contracts/decision.ts';
import { MAX_GROUPS } from '../../shared/contracts/documents.ts';
import { AndanteError } from '../../shared/runtime/errors.ts';
import type { OpenPlan } from '../../shared/store/open-plan.ts';
import type { PlanOf } from '../../shared/store/plan-cache.ts';

export interface DeciderDeps {
  planOf: PlanOf;
  /** Wall clock, epoch ms. */
  clock: () => number;
  /** Local worlds: the time is what requests say it is. */
  virtualTime: boolean;
}

export interface Refusal {
  requestId?: string | undefined;
  error: unknown;
}

export interface Decided {
  /** One for each request. */
  answers: (Decision | Refusal)[];
  /** The plan that each market's requests were decided by. */
  hashes: Map<string, string>;
}

/** What the requests of one market need. */
interface Need {
  nowMs: number;
  hashes: Set<string>;
}

type Ready = { open: OpenPlan; compiled: CompiledPlan } | { error: unknown };

/** Decides requests for a group, each given as its JSON. It never rejects. */
export function createDecider({ planOf, clock, virtualTime }: DeciderDeps) {
  const compiledFor = createCompiler();

  async function ready(group: string, market: string, need: Need): Promise<Ready> {
    try {
      const open = await planOf(market, need);
      return { open, compiled: compiledFor(open, group) };
    } catch (error) {
      return { error };
    }
  }

  return async (group: string, texts: readonly string[]): Promise<Decided> => {
    const requests = texts.map(decode);
    const needs = needsOf(requests, virtualTime ? undefined : clock());
    const plans = new Map<string, Ready>();
    await Promise.all(
      [...needs].map(async ([market, need]) => void plans.set(market, await ready(group, market, need))),
    );
    const hashes = new Map<string, string>();
    for (const [market, plan] of plans) if ('open' in plan) hashes.set(market, plan.open.hash);
    return { answers: requests.map((request) => answer(request, plans)), hashes };
  };
}

function decode(text: string): DecisionRequest | Refusal {
  try {
    return decodeDecision(text);
  } catch (error) {
    return { requestId: requestIdOf(text), error };
  }
}

function needsOf(requests: readonly (DecisionRequest | Refusal)[], clockMs: number | undefined): Map<string, Need> {
  const needs = new Map<string, Need>();
  for (const request of requests) {
    if ('error' in request) continue;
    let need = needs.get(request.market);
    if (!need) {
      if (needs.size === MAX_BATCH_MARKETS) continue;
      need = { nowMs: clockMs ?? request.atMs, hashes: new Set() };
      needs.set(request.market, need);
    }
    if (request.planHash !== undefined) need.hashes.add(request.planHash);
  }
  return needs;
}

function answer(request: DecisionRequest | Refusal, plans: ReadonlyMap<string, Ready>): Decision | Refusal {
  if ('error' in request) return request;
  const { requestId, market, planHash } = request;
  const plan = plans.get(market);
  if (!plan) return { requestId, error: tooManyMarkets() };
  if ('error' in plan) return { requestId, error: plan.error };
  if (planHash !== undefined && planHash !== plan.open.hash) return { requestId, error: mismatch(plan.open) };
  try {
    return decideOpportunity(plan.compiled, request);
  } catch (error) {
    return { requestId, error };
  }
}

function tooManyMarkets(): AndanteError {
  return new AndanteError('INVALID_REQUEST', `a batch names at most ${MAX_BATCH_MARKETS} markets`);
}

function mismatch({ plan: { market, planVersion } }: OpenPlan): AndanteError {
  return new AndanteError('PLAN_MISMATCH', `the plan of ${market} here is version ${planVersion}, of another hash`);
}

/** Compiles a plan once for each group that asks, as long as the plan is kept; the oldest group goes when there are more. */
function createCompiler(): (open: OpenPlan, group: string) => CompiledPlan {
  const compiled = new WeakMap<OpenPlan, Map<string, CompiledPlan>>();
  return (open, group) => {
    const byGroup = compiled.get(open) ?? new Map<string, CompiledPlan>();
    compiled.set(open, byGroup);
    const known = byGroup.get(group);
    if (known) return known;
    const own = compilePlan(open.plan, open.hash, group);
    const [oldest] = byGroup.keys();
    if (byGroup.size === MAX_GROUPS && oldest !== undefined) byGroup.delete(oldest);
    byGroup.set(group, own);
    return own;
  };
}
