// Builds plans and stored plans.
import type { StoredPlan } from '../../shared/contracts/documents.ts';
import { encodeInstants } from '../../shared/contracts/instants.ts';
import type { Plan, PlanLine } from '../../shared/contracts/plan.ts';
import { DEFAULT_AUCTION } from '../../shared/contracts/serving.ts';
import { canonicalJson, sha256 } from '../../shared/store/ledger-key.ts';
import { DAY_MS, START_MS, TICK_MS } from './instants.ts';

/** The line of c1/s1: half a currency unit a click, leased to g1 until the plan is stale and as long again. */
export function planLine(own: Partial<PlanLine> = {}): PlanLine {
  return {
    campaignId: 'c1',
    subcampaignId: 's1',
    segments: ['casual'],
    surfaces: ['home'],
    startAtMs: START_MS,
    endAtMs: START_MS + 2 * DAY_MS,
    clickPriceMicros: 500_000,
    price: 0,
    worth: 1,
    fallbackShare: 0.5,
    leases: [{ group: 'g1', grantedMicros: 10_000_000, returnedMicros: 0, spendUntilAtMs: START_MS + 6 * TICK_MS }],
    ...own,
  };
}

/** A plan of SE, published at START_MS and valid for three ticks, with one cell and one line. */
export function planOf(own: Partial<Plan> = {}): Plan {
  return {
    schemaVersion: 1,
    market: 'SE',
    planVersion: 1,
    supplyVersion: 1,
    slot: START_MS / TICK_MS,
    publishedAtMs: START_MS,
    validUntilAtMs: START_MS + 3 * TICK_MS,
    response: [{ segment: 'casual', surface: 'home', clickPpm: 20_000 }],
    auction: DEFAULT_AUCTION,
    lines: [planLine()],
    ...own,
  };
}

/** A plan as a tick stores it. */
export function storedPlan(own: Partial<Plan> = {}): StoredPlan {
  const plan = planOf(own);
  const body = canonicalJson(encodeInstants(plan));
  const { market, planVersion, slot } = plan;
  return { schemaVersion: 1, market, planVersion, slot, hash: sha256(body), body };
}
