// The edge of functions that Pub/Sub calls. It pushes by POST, 204 acknowledges, and what is answered otherwise comes
// again: what could not have come from Pub/Sub at all is refused, everything else ends with a durable trace.
import type { HttpFunction } from '@google-cloud/functions-framework';
import { MAX_PUSH_BYTES } from './envelope.ts';
import { AndanteError } from './errors.ts';
import { withHandling } from './handling.ts';
import { problemOf, requestTraceparent, sendAnswer, toldOf } from './http.ts';
import type { Log } from './log.ts';
import { readBody } from './request-body.ts';

/**
 * The function that the framework calls.
 * @param receive resolves when the push is done with, and rejects when it is to come again; it logs what came of it
 */
export function createPushFunction(
  name: string,
  receive: (push: Uint8Array) => Promise<void>,
  { log, clock }: { log: Log; clock: () => number },
): HttpFunction {
  return (request, response) => {
    const { executionId } = request;
    const handling = {
      traceparent: requestTraceparent(request.headers),
      about: { function: name },
      ending: {},
      executionId,
    };
    return withHandling(handling, async () => {
      const startedAtMs = clock();
      let push: Uint8Array;
      try {
        if (request.method !== 'POST') throw new AndanteError('METHOD_NOT_ALLOWED', 'a push is a POST');
        push = await readBody(request, MAX_PUSH_BYTES);
      } catch (error) {
        const ms = Math.max(0, Math.round(clock() - startedAtMs));
        log.warn('handled', { outcome: 'refused', ...toldOf(error), attempts: 1, ms });
        return sendAnswer(response, problemOf(error));
      }
      return receive(push).then(
        () => sendAnswer(response, { status: 204 }),
        (error: unknown) => sendAnswer(response, problemOf(error)),
      );
    });
  };
}
