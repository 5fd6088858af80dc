// POST /v1/quotes: what campaigns would get, from the markets in memory. One request as JSON; or a batch, as a JSON array or
// as lines, of which each is answered in its place while the next ones are still being quoted. `?exact=true` asks for what a
// booking would be decided by.
import { splitLines } from '../../shared/contracts/decode-decision.ts';
import { parseText, readText } from '../../shared/contracts/decode-message.ts';
import { MAX_QUOTES, MAX_QUOTES_BYTES } from '../../shared/contracts/quotes.ts';
import { AndanteError, stackOf } from '../../shared/runtime/errors.ts';
import { endWith } from '../../shared/runtime/handling.ts';
import {
  describeProblem,
  type HttpAnswer,
  type HttpRequest,
  type QuickHttpHandler,
} from '../../shared/runtime/http.ts';
import type { AuthenticateTenant, Tenant } from '../../shared/runtime/identity.ts';
import type { Log } from '../../shared/runtime/log.ts';
import type { RateLimit } from '../../shared/runtime/rate-limit.ts';
import { whenHere } from '../../shared/runtime/when-here.ts';
import { createQuoter, type Asking, type Item, type Quoter, type QuoterDeps, type Refusal } from './quoter.ts';

export interface QuoteDeps extends QuoterDeps {
  authenticateTenant: AuthenticateTenant;
  limit: RateLimit;
  log: Log;
}

/** Quotes between which others get their turn: some milliseconds' worth. An exact one takes as long alone. */
const PER_TURN = 16;

export function createQuoteHandler({ authenticateTenant, limit, log, ...deps }: QuoteDeps): QuickHttpHandler {
  const quote = createQuoter(deps);
  const answer = ({ query, headers, body }: HttpRequest, tenant: Tenant): HttpAnswer | Promise<HttpAnswer> => {
    let asked: Asked;
    let asking: Asking;
    try {
      asking = { headers, isExact: isExact(query) };
      asked = decode(headers, body);
    } catch (error) {
      limit(tenant);
      throw error;
    }
    limit(tenant, asked.items.length);
    endWith({ quotes: asked.items.length, tier: asking.isExact ? 'exact' : 'fast' });
    if (asked.form === 'one')
      return whenHere(quote(asked.items, asking), ([one]) => {
        if (one && 'error' in one) throw one.error;
        return { status: 200, headers: { 'content-type': 'application/json' }, body: JSON.stringify(one) };
      });
    return {
      status: 200,
      headers: { 'content-type': asked.form === 'lines' ? 'application/x-ndjson' : 'application/json' },
      body: answerAll(answersOf(quote, asked.items, asking, log), asked.form),
    };
  };
  return (request) => {
    if (request.path !== '/v1/quotes') throw new AndanteError('NOT_FOUND', 'expected /v1/quotes');
    if (request.method !== 'POST') throw new AndanteError('METHOD_NOT_ALLOWED', 'a quote is asked for with POST');
    return whenHere(authenticateTenant(request.headers['authorization']), (tenant) => answer(request, tenant));
  };
}

interface Asked {
  form: 'one' | 'array' | 'lines';
  items: Item[];
}

function isExact(query: URLSearchParams | undefined): boolean {
  const exact = query?.get('exact') ?? 'false';
  if (exact !== 'true' && exact !== 'false')
    throw new AndanteError('INVALID_REQUEST', 'exact is true or false, and false when left out');
  return exact === 'true';
}

/** Each item's shape is closed at every level, so that it is neither deep nor reaches into prototypes. */
function decode(headers: HttpRequest['headers'], body: Uint8Array): Asked {
  const [type] = (headers['content-type'] ?? '').split(';', 1);
  switch (type?.trim().toLowerCase()) {
    case 'application/json': {
      const value = parseText(readText(body, MAX_QUOTES_BYTES));
      if (!Array.isArray(value)) return { form: 'one', items: [() => value] };
      if (value.length === 0) throw new AndanteError('INVALID_REQUEST', 'a batch has at least one request');
      if (value.length > MAX_QUOTES)
        throw new AndanteError('BODY_TOO_LARGE', `a batch has at most ${MAX_QUOTES} requests`);
      return { form: 'array', items: value.map((item: unknown) => () => item) };
    }
    case 'application/x-ndjson':
      return {
        form: 'lines',
        items: splitLines(readText(body, MAX_QUOTES_BYTES)).map((line) => () => parseText(line)),
      };
    default:
      throw new AndanteError(
        'INVALID_REQUEST',
        'the content-type is application/json for one request or an array of them, application/x-ndjson for a batch of lines',
      );
  }
}

/** Turn by turn: a batch keeps the process from nobody for long. */
async function* answersOf(
  quote: Quoter,
  items: readonly Item[],
  asking: Asking,
  log: Log,
): AsyncGenerator<string[], void> {
  const perTurn = asking.isExact ? 1 : PER_TURN;
  let refused = 0;
  for (let start = 0; start < items.length; start += perTurn) {
    if (start > 0) await new Promise((resolve) => void setImmediate(resolve));
    const answers = await quote(items.slice(start, start + perTurn), asking);
    refused += answers.filter((answer) => 'error' in answer).length;
    yield answers.map((answer) => JSON.stringify('error' in answer ? refusalOf(answer, log) : answer));
  }
  endWith({ refused });
}

async function* answerAll(answers: AsyncIterable<string[]>, form: Asked['form']): AsyncGenerator<string, void> {
  let isFirst = true;
  for await (const some of answers) {
    if (form === 'lines') yield some.map((answer) => `${answer}\n`).join('');
    else yield `${isFirst ? '[' : ',\n'}${some.join(',\n')}`;
    isFirst = false;
  }
  if (form === 'array') yield ']\n';
}

function refusalOf({ requestId, error }: Refusal, log: Log): { requestId?: string | undefined; error: object } {
  if (!(error instanceof AndanteError)) log.critical('failed', { error: stackOf(error) });
  const { code, detail: message } = describeProblem(error);
  return { requestId, error: { code, message } };
}
