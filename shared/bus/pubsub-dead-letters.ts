// Dead letters on Pub/Sub, pulled batch by batch: a streaming pull would be given its own returned messages again.
import type { PubSub } from '@google-cloud/pubsub';
import { v1 } from '@google-cloud/pubsub';
import { AndanteError } from '../runtime/errors.ts';
import { deadLetterSubscription, type DeadLetter, type DeadLetters } from './dead-letters.ts';

/** An empty subscription answers only when its wait is over. */
const PULL_WAIT_MS = 5_000;
const DEADLINE_EXCEEDED = 4;

export interface PubSubDeadLetters extends DeadLetters {
  close(): Promise<void>;
}

/** The client's own configuration for its own API, typed twice in its package. */
type SubscriberOptions = NonNullable<ConstructorParameters<typeof v1.SubscriberClient>[0]>;

export function createPubSubDeadLetters(client: PubSub, projectId: string): PubSubDeadLetters {
  let opened: Promise<v1.SubscriberClient> | undefined;
  const subscriber = () =>
    (opened ??= client.getClientConfig().then((config) => new v1.SubscriberClient(config as SubscriberOptions)));
  const path = (topic: string) => `projects/${projectId}/subscriptions/${deadLetterSubscription(topic)}`;

  return {
    async pull(topic, limit) {
      try {
        const api = await subscriber();
        const request = { subscription: path(topic), maxMessages: limit };
        const [answer] = await api.pull(request, { timeout: PULL_WAIT_MS, retry: null });
        return (answer.receivedMessages ?? []).map(({ message, ackId }): DeadLetter => ({
          messageId: message?.messageId ?? '',
          bytes: Buffer.from(message?.data ?? ''),
          attributes: { ...message?.attributes },
          ackId: ackId ?? '',
        }));
      } catch (error) {
        if ((error as { code?: unknown }).code === DEADLINE_EXCEEDED) return [];
        throw unavailable(`Pub/Sub did not answer for the subscription ${deadLetterSubscription(topic)}`, error);
      }
    },
    async republish(topic, letter, attributes) {
      try {
        return await client
          .topic(topic)
          .publishMessage({ data: Buffer.from(letter.bytes), attributes: { ...attributes } });
      } catch (error) {
        throw unavailable(`Pub/Sub did not take a message for ${topic}`, error);
      }
    },
    async acknowledge(topic, letters) {
      if (letters.length === 0) return;
      const ackIds = letters.map(({ ackId }) => ackId);
      try {
        await (await subscriber()).acknowledge({ subscription: path(topic), ackIds });
      } catch (error) {
        throw unavailable(
          'Pub/Sub did not take an acknowledgement: what was republished is kept and may come twice',
          error,
        );
      }
    },
    async release(topic, letters) {
      if (letters.length === 0) return;
      const ackIds = letters.map(({ ackId }) => ackId);
      try {
        const api = await subscriber();
        await api.modifyAckDeadline({ subscription: path(topic), ackIds, ackDeadlineSeconds: 0 });
      } catch (error) {
        throw unavailable('Pub/Sub did not take messages back: they return when their deadline passes', error);
      }
    },
    async close() {
      await (await opened)?.close();
    },
  };
}

function unavailable(message: string, cause: unknown): AndanteError {
  return new AndanteError('BUS_UNAVAILABLE', `${message}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
}
