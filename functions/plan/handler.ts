// GET /v1/markets/{market}/plan: the published plan, as its bytes were hashed, for ad servers: it shows what every tenant pays.
import { gzipSync } from 'node:zlib';
import type { StoredPlan } from '../../shared/contracts/documents.ts';
import { parseInstant } from '../../shared/contracts/instants.ts';
import type { PlanWire } from '../../shared/contracts/plan.ts';
import { isHad, takesGzip } from '../../shared/runtime/conditional-request.ts';
import { AndanteError } from '../../shared/runtime/errors.ts';
import { describeAs, endWith } from '../../shared/runtime/handling.ts';
import type { HttpHandler } from '../../shared/runtime/http.ts';
import type { AuthenticateGroup } from '../../shared/runtime/identity.ts';
import { refs, type AllocationStore } from '../../shared/store/allocation-store.ts';

export interface PlanDeps {
  store: AllocationStore;
  authenticateGroup: AuthenticateGroup;
  /** Wall clock, epoch ms. */
  clock: () => number;
  tickIntervalMs: number;
}

/** Plans that are kept compressed, of the markets that were asked for last. */
const MAX_PACKED = 64;

export function createPlanHandler({ store, authenticateGroup, clock, tickIntervalMs }: PlanDeps): HttpHandler {
  const pack = createPacker();
  return async ({ method, path, headers }) => {
    if (method !== 'GET') throw new AndanteError('METHOD_NOT_ALLOWED', 'a plan is read with GET');
    const [, market] = /^\/v1\/markets\/([A-Za-z0-9][A-Za-z0-9-]{0,31})\/plan$/.exec(path) ?? [];
    if (market === undefined) throw new AndanteError('NOT_FOUND', 'expected /v1/markets/{market}/plan');
    describeAs({ market });
    await authenticateGroup(headers['authorization']);
    const [plan] = await store.read([refs.plan(market)]);
    if (!plan) throw new AndanteError('NOT_FOUND', 'this market has no plan: its first tick publishes one');
    const packed = pack(plan);
    const etag = `"${plan.hash}"`;
    endWith({ planVersion: plan.planVersion });
    const common = {
      etag,
      'cache-control': cacheControl(plan.slot, packed.validUntilAtMs, { nowMs: clock(), tickIntervalMs }),
      vary: 'accept-encoding',
    };
    if (isHad(headers['if-none-match'], etag)) {
      endWith({ outcome: 'unchanged' });
      return { status: 304, headers: common };
    }
    const isGzip = takesGzip(headers['accept-encoding']);
    return {
      status: 200,
      headers: { ...common, 'content-type': 'application/json', ...(isGzip ? { 'content-encoding': 'gzip' } : {}) },
      body: isGzip ? packed.gzip : plan.body,
    };
  };
}

interface Packed {
  hash: string;
  gzip: Uint8Array;
  validUntilAtMs: number;
}

/** Compresses each plan once. */
function createPacker(): (plan: StoredPlan) => Packed {
  const packed = new Map<string, Packed>();
  return (plan) => {
    const known = packed.get(plan.market);
    const own = known?.hash === plan.hash ? known : packedOf(plan);
    // The newest last: the first is forgotten first.
    packed.delete(plan.market);
    packed.set(plan.market, own);
    const [oldest] = packed.keys();
    if (packed.size > MAX_PACKED && oldest !== undefined) packed.delete(oldest);
    return own;
  };
}

function packedOf({ hash, body }: StoredPlan): Packed {
  const { validUntilAt } = JSON.parse(body) as PlanWire;
  const validUntilAtMs = parseInstant(validUntilAt, '/validUntilAt');
  return { hash, gzip: gzipSync(body), validUntilAtMs };
}

/**
 * Fresh until the next tick publishes another; where that cannot be asked for, good until the plan says that it is stale.
 * RFC 9111 (max-age), RFC 5861 (stale-if-error).
 */
function cacheControl(
  slot: number,
  validUntilAtMs: number,
  { nowMs, tickIntervalMs }: { nowMs: number; tickIntervalMs: number },
): string {
  const seconds = (untilMs: number) => Math.max(0, Math.floor((untilMs - nowMs) / 1000));
  // Under virtual time a plan can be of another time than the clock's.
  const freshSeconds = Math.min(seconds((slot + 1) * tickIntervalMs), Math.ceil(tickIntervalMs / 1000));
  return `private, max-age=${freshSeconds}, stale-if-error=${seconds(validUntilAtMs)}`;
}
