// An ad-server group's two calls to the functions: pull the plan, post a report. Answers that may be better next time
// (no connection, 408, 429, 5xx) are asked for again, a report under the same eventId, so duplicates do occur.
import type { ReportBodyWire } from '../../shared/contracts/events.ts';
import { decodeInstants } from '../../shared/contracts/instants.ts';
import type { Plan, PlanWire } from '../../shared/contracts/plan.ts';
import { fetchPatiently, type Fetch, type Pause } from './patient-fetch.ts';

export interface FunctionsClientDeps {
  functionsUrl: string;
  group: string;
  fetch: Fetch;
  pause: Pause;
}

/** A plan and the hash of its bytes. */
export interface PulledPlan {
  plan: Plan;
  hash: string;
}

export interface FunctionsClient {
  /** The market's plan, from store when it has not changed; undefined while the market has none. */
  pullPlan(market: string): Promise<PulledPlan | undefined>;
  /** Returns when the report is accepted, with how many attempts had to be repeated. */
  postReport(report: ReportBodyWire): Promise<number>;
}

/** A client that speaks for one group. */
export function createFunctionsClient(deps: FunctionsClientDeps): FunctionsClient {
  const authorization = `Bearer group:${deps.group}`;
  const known = new Map<string, { etag: string; pulled: PulledPlan }>();

  return {
    async pullPlan(market) {
      const cached = known.get(market);
      const headers = { authorization, ...(cached ? { 'if-none-match': cached.etag } : {}) };
      const url = `${deps.functionsUrl}/v1/markets/${encodeURIComponent(market)}/plan`;
      const { response } = await request(deps, url, { headers });
      if (response.status === 200) {
        const plan = decodeInstants((await response.json()) as PlanWire);
        const etag = response.headers.get('etag') ?? '';
        const pulled = { plan, hash: etag.replaceAll('"', '') };
        if (etag !== '') known.set(market, { etag, pulled });
        return pulled;
      }
      if (response.status !== 304 && response.status !== 404)
        throw await unexpected(deps, `plan of ${market}`, response);
      await response.arrayBuffer();
      return response.status === 304 ? cached?.pulled : undefined;
    },
    async postReport(report) {
      const { response, repeats } = await request(deps, `${deps.functionsUrl}/v1/reports`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'application/json' },
        body: JSON.stringify(report),
      });
      if (response.status !== 202) throw await unexpected(deps, `report ${report.eventId}`, response);
      await response.arrayBuffer();
      return repeats;
    },
  };
}

function request({ group, ...deps }: FunctionsClientDeps, url: string, init: RequestInit) {
  return fetchPatiently({ who: `group ${group}`, ...deps }, url, init);
}

async function unexpected(deps: FunctionsClientDeps, what: string, response: Response): Promise<Error> {
  const body = (await response.text()).slice(0, 200);
  return new Error(`group ${deps.group}, ${what}: unexpected answer ${response.status} ${body}`);
}
