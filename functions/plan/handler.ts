// GET /v1/markets/{market}/plan: the published plan, as its bytes were hashed, for ad servers: it shows what every tenant pays.
import { gzipSync } from 'node:zlib';
import { AndanteError } from '../../shared/runtime/errors.ts';
import type { HttpHandler } from '../../shared/runtime/http.ts';
import type { AuthenticateGroup } from '../../shared/runtime/identity.ts';
import { refs, type AllocationStore } from '../../shared/store/allocation-store.ts';

export interface PlanDeps {
  store: AllocationStore;
  authenticateGroup: AuthenticateGroup;
}

export function createPlanHandler({ store, authenticateGroup }: PlanDeps): HttpHandler {
  return async ({ method, path, headers }) => {
    if (method !== 'GET') throw new AndanteError('METHOD_NOT_ALLOWED', 'a plan is read with GET');
    const [, market] = /^\/v1\/markets\/([A-Za-z0-9][A-Za-z0-9-]{0,31})\/plan$/.exec(path) ?? [];
    if (market === undefined) throw new AndanteError('NOT_FOUND', 'expected /v1/markets/{market}/plan');
    const group = await authenticateGroup(headers['authorization']);
    const [plan] = await store.read([refs.plan(market)]);
    if (!plan) throw new AndanteError('NOT_FOUND', 'this market has no plan: its first tick publishes one');
    const etag = `"${plan.hash}"`;
    const about = { group, market, planVersion: plan.planVersion };
    const common = { etag, 'cache-control': 'private, no-cache', vary: 'accept-encoding' };
    if (headers['if-none-match'] === etag) return { status: 304, headers: common, about };
    const isGzip = /\bgzip\b/.test(headers['accept-encoding'] ?? '');
    return {
      status: 200,
      headers: { ...common, 'content-type': 'application/json', ...(isGzip ? { 'content-encoding': 'gzip' } : {}) },
      body: isGzip ? gzipSync(plan.body, { level: 1 }) : plan.body,
      about,
    };
  };
}
