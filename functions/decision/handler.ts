// POST /v1/decisions: who is shown at an opportunity, by the market's plan in memory. One request as JSON, or a batch of
// lines, of which each is answered by a line.
import { splitLines } from '../../shared/contracts/decode-decision.ts';
import { readText } from '../../shared/contracts/decode-message.ts';
import { AndanteError, stackOf } from '../../shared/runtime/errors.ts';
import { endWith } from '../../shared/runtime/handling.ts';
import { describeProblem, type HttpAnswer, type HttpHandler } from '../../shared/runtime/http.ts';
import type { AuthenticateGroup } from '../../shared/runtime/identity.ts';
import type { Log } from '../../shared/runtime/log.ts';
import type { AllocationStore } from '../../shared/store/allocation-store.ts';
import { createPlanCache } from '../../shared/store/plan-cache.ts';
import { createDecider, type Decided, type Refusal } from './decider.ts';

export interface DecisionDeps {
  store: Pick<AllocationStore, 'read'>;
  authenticateGroup: AuthenticateGroup;
  log: Log;
  clock: () => number;
  tickIntervalMs: number;
  virtualTime: boolean;
}

export function createDecisionHandler(deps: DecisionDeps): HttpHandler {
  const { store, authenticateGroup, log, tickIntervalMs } = deps;
  const onProblem = (market: string, error: unknown) => {
    const isPassing = error instanceof AndanteError && error.retryable;
    log[isPassing ? 'warn' : 'critical']('no newer plan', { market, error: String(error) });
  };
  const decide = createDecider({ ...deps, planOf: createPlanCache({ store, tickIntervalMs, onProblem }) });
  return async ({ method, headers, body }) => {
    if (method !== 'POST') throw new AndanteError('METHOD_NOT_ALLOWED', 'a decision is asked for with POST');
    const group = await authenticateGroup(headers['authorization']);
    const [type] = (headers['content-type'] ?? '').split(';', 1);
    switch (type?.trim().toLowerCase()) {
      case 'application/json':
        return answerOne(await decide(group, [readText(body)]));
      case 'application/x-ndjson':
        return answerBatch(await decide(group, splitLines(readText(body))), log);
      default:
        throw new AndanteError(
          'INVALID_REQUEST',
          'the content-type is application/json for one request, application/x-ndjson for a batch of lines',
        );
    }
  };
}

function answerOne({ answers: [answer], hashes }: Decided): HttpAnswer {
  if (answer && 'error' in answer) throw answer.error;
  const headers = { 'content-type': 'application/json', ...planHeader(hashes) };
  return { status: 200, headers, body: JSON.stringify(answer) };
}

function answerBatch({ answers, hashes }: Decided, log: Log): HttpAnswer {
  const refused = answers.filter((answer) => 'error' in answer);
  const unknown = refused.find(({ error }) => !(error instanceof AndanteError));
  if (unknown) log.critical('failed', { error: stackOf(unknown.error) });
  const body = answers.map((answer) => `${JSON.stringify('error' in answer ? refusalOf(answer) : answer)}\n`).join('');
  endWith({ decisions: answers.length, refused: refused.length });
  return { status: 200, headers: { 'content-type': 'application/x-ndjson', ...planHeader(hashes) }, body };
}

function refusalOf({ requestId, error }: Refusal) {
  const { code, detail: message } = describeProblem(error);
  return { requestId, error: { code, message } };
}

/** Which plan each market's requests were decided by: with it a decision can be replayed. */
function planHeader(hashes: ReadonlyMap<string, string>): Record<string, string> {
  if (hashes.size === 0) return {};
  return { 'andante-plan': [...hashes].map(([market, hash]) => `${market}=${hash}`).join(', ') };
}
