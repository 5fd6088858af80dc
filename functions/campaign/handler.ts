// /v1/campaigns/{id}: GET what a campaign is and has been delivered, GET its outcomes, POST budget and status, or
// what a change would come to with ?preview=true.
import { AndanteError } from '../../shared/runtime/errors.ts';
import { describeAs } from '../../shared/runtime/handling.ts';
import type { HttpAnswer, HttpHandler, HttpRequest } from '../../shared/runtime/http.ts';
import type { AuthenticateTenant, Tenant } from '../../shared/runtime/identity.ts';
import type { RateLimit } from '../../shared/runtime/rate-limit.ts';
import type { RequestTime } from '../../shared/runtime/request-time.ts';
import { createCampaignChanger, type ChangerDeps } from './changer.ts';
import { createCampaignShower, type ShowerDeps } from './shower.ts';

export interface CampaignDeps extends ChangerDeps, ShowerDeps {
  authenticateTenant: AuthenticateTenant;
  limit: RateLimit;
  timeOf: RequestTime;
}

/** One request of a tenant about one campaign. */
export interface CampaignRequest extends HttpRequest {
  tenant: Tenant;
  campaignId: string;
}

/** What is asked of a campaign: how, which words its query may have, and who answers. */
interface Route {
  method: 'GET' | 'POST';
  query: readonly string[];
  answer: (request: CampaignRequest) => Promise<object>;
}

export function createCampaignHandler(deps: CampaignDeps): HttpHandler {
  const { authenticateTenant, limit } = deps;
  const shower = createCampaignShower(deps);
  const change = createCampaignChanger(deps);
  const routes: Record<string, Route> = {
    '': { method: 'GET', query: [], answer: shower.show },
    outcomes: { method: 'GET', query: ['limit', 'after'], answer: shower.showHistory },
    budget: { method: 'POST', query: ['preview'], answer: (request) => change('budget', request) },
    status: { method: 'POST', query: ['preview'], answer: (request) => change('status', request) },
  };
  return async (request) => {
    const { campaignId, route } = routeOf(request, routes);
    describeAs({ campaign: campaignId });
    const tenant = await authenticateTenant(request.headers['authorization']);
    limit(tenant);
    const { replayed, ...answer } = (await route.answer({ ...request, tenant, campaignId })) as { replayed?: boolean };
    const headers = { 'content-type': 'application/json', ...(replayed ? { 'idempotent-replayed': 'true' } : {}) };
    return { status: 200, headers, body: JSON.stringify(answer) } satisfies HttpAnswer;
  };
}

/** @throws AndanteError NOT_FOUND, METHOD_NOT_ALLOWED, INVALID_REQUEST */
function routeOf(request: HttpRequest, routes: Record<string, Route>): { campaignId: string; route: Route } {
  const { method, path, query } = request;
  const [, campaignId, name = ''] =
    /^\/v1\/campaigns\/([A-Za-z0-9][A-Za-z0-9._-]{0,63})(?:\/([a-z]+))?$/.exec(path) ?? [];
  const route = Object.hasOwn(routes, name) ? routes[name] : undefined;
  if (!route || campaignId === undefined)
    throw new AndanteError(
      'NOT_FOUND',
      'expected /v1/campaigns/{id}, and after it nothing, outcomes, budget or status',
    );
  if (method !== route.method)
    throw new AndanteError('METHOD_NOT_ALLOWED', `this is asked for with ${route.method}, not ${method}`);
  // A misspelt ?preview=true must not commit.
  for (const word of query?.keys() ?? []) {
    if (!route.query.includes(word) || query?.getAll(word).length !== 1)
      throw new AndanteError('INVALID_REQUEST', `the query may have ${route.query.join(' and ') || 'nothing'}, once`);
  }
  return { campaignId, route };
}
