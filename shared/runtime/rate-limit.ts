// How often a tenant may ask: a bucket of tokens for each, in this instance. Instances do not know of each other: with N of
// them a tenant may ask up to N times as often, as behind any load balancer.
import assert from 'node:assert/strict';
import { AndanteError } from './errors.ts';
import type { Tenant } from './identity.ts';

/** Takes `cost` (1) of a tenant's tokens, or refuses. */
export type RateLimit = (tenant: Tenant, cost?: number) => void;

/** A token in the unit in which all sums are integers: each millisecond fills in `requestsPerMinute` of them. */
const TOKEN = 60_000;

/** Tenants remembered; more than a configuration can name, so that in production nobody is forgotten. */
const MAX_TENANTS = 8_192;

/**
 * Buckets that hold a minute's worth and begin full. What costs more than a bucket holds is let through when the bucket is full and
 * leaves a debt, which time pays off: over any span a tenant gets at most its rate, plus what it took first.
 * @param clock wall clock, epoch ms
 * @throws AndanteError (from the limit) TOO_MANY_REQUESTS with the seconds after which the same request is let through
 */
export function createRateLimit({ clock }: { clock: () => number }): RateLimit {
  const buckets = new Map<string, { tokens: number; atMs: number }>();
  return ({ tenantId, requestsPerMinute }, cost = 1) => {
    assert(Number.isSafeInteger(cost) && cost > 0, `a cost is a whole number of requests, not ${cost}`);
    const capacity = requestsPerMinute * TOKEN;
    const known = buckets.get(tenantId) ?? { tokens: capacity, atMs: clock() };
    const atMs = Math.max(known.atMs, clock());
    const tokens = Math.min(capacity, known.tokens + (atMs - known.atMs) * requestsPerMinute);
    const needed = Math.min(capacity, cost * TOKEN);
    if (tokens < needed) {
      const seconds = Math.ceil((needed - tokens) / requestsPerMinute / 1000);
      throw new AndanteError(
        'TOO_MANY_REQUESTS',
        `${tenantId} may ask ${requestsPerMinute} times a minute: again in ${seconds} s`,
        { retryAfterSeconds: seconds },
      );
    }
    // Who asked last is forgotten last.
    buckets.delete(tenantId);
    buckets.set(tenantId, { tokens: tokens - cost * TOKEN, atMs });
    const [oldest] = buckets.keys();
    if (buckets.size > MAX_TENANTS && oldest !== undefined) buckets.delete(oldest);
  };
}
