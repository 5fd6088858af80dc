// The edge of functions that Pub/Sub calls. It pushes by POST, 204 acknowledges, and what is answered otherwise comes
// again: what could not have come from Pub/Sub at all is refused, everything else ends with a durable trace.
import type { HttpFunction } from '@google-cloud/functions-framework';
import { MAX_PUSH_BYTES } from './envelope.ts';
import { AndanteError } from './errors.ts';
import { problemOf, sendAnswer } from './http.ts';
import type { Log } from './log.ts';
import { readBody } from './request-body.ts';

/**
 * The function that the framework calls.
 * @param receive resolves when the push is done with, and rejects when it is to come again
 */
export function createPushFunction(
  name: string,
  receive: (push: Uint8Array) => Promise<void>,
  { log }: { log: Log },
): HttpFunction {
  return async (request, response) => {
    try {
      if (request.method !== 'POST') throw new AndanteError('METHOD_NOT_ALLOWED', 'a push is a POST');
      await receive(await readBody(request, MAX_PUSH_BYTES));
      await sendAnswer(response, { status: 204 });
    } catch (error) {
      const answer = problemOf(error);
      if (answer.status < 500) log.warn('refused', { function: name, status: answer.status, ...answer.about });
      await sendAnswer(response, answer);
    }
  };
}
