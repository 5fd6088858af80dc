// The event bus in memory: for tests and simulations. Keeps what was published; who delivers it, and how often, is the
// caller's affair.
import type { AndanteMessage } from '../contracts/events.ts';
import { attributesOf, topicOf, type EventBus } from './event-bus.ts';

export interface Published {
  topic: string;
  message: AndanteMessage;
  attributes: Record<string, string>;
  messageId: string;
}

export interface MemoryBus extends EventBus {
  readonly published: readonly Published[];
}

export function createMemoryBus(): MemoryBus {
  const published: Published[] = [];
  return {
    published,
    async publish(message, attributes) {
      const messageId = String(published.length + 1);
      published.push({
        topic: topicOf(message),
        message: structuredClone(message),
        attributes: attributesOf(message, attributes),
        messageId,
      });
      return messageId;
    },
  };
}
