// The event bus on Pub/Sub.
import { PubSub, type Topic } from '@google-cloud/pubsub';
import { AndanteError } from '../runtime/errors.ts';
import { attributesOf, topicOf, type EventBus } from './event-bus.ts';

/** Messages of one handler run go out together; 5 ms is less than one round trip. */
const batching = { maxMessages: 100, maxMilliseconds: 5 };

/** The bus of a project; PUBSUB_EMULATOR_HOST is honoured by the client. */
export function openPubSubBus({ projectId }: { projectId: string }): EventBus {
  return createPubSubBus(new PubSub({ projectId }));
}

export function createPubSubBus(client: PubSub): EventBus {
  const topics = new Map<string, Topic>();
  return {
    async publish(message, attributes) {
      const name = topicOf(message);
      const topic = topics.get(name) ?? client.topic(name, { batching });
      topics.set(name, topic);
      try {
        return await topic.publishMessage({ json: message, attributes: attributesOf(message, attributes) });
      } catch (error) {
        throw new AndanteError('BUS_UNAVAILABLE', `Pub/Sub did not take a message for ${name}`, { cause: error });
      }
    },
  };
}
