// The port to the event bus. Delivery is at least once and unordered, so a publisher needs no promise but "taken".
// Implementations: pubsub-bus.ts and memory-bus.ts, held to one contract suite (test/contract).
import type { AndanteMessage } from '../contracts/events.ts';
import { currentTrace } from '../runtime/handling.ts';

export interface EventBus {
  /**
   * Publishes one message to the topic of its type and resolves to the message id once the bus has taken it.
   * @param attributes beside `type` and `tenantId`, which are always set
   * @throws AndanteError BUS_UNAVAILABLE
   */
  publish(message: AndanteMessage, attributes?: Readonly<Record<string, string>>): Promise<string>;
}

/** `andante.budget-changed.v1` travels on the topic `budget-changed`. */
export function topicOf(message: Pick<AndanteMessage, 'type'>): string {
  return message.type.split('.')[1] as string;
}

/**
 * The attributes every message carries: subscriptions and receivers read them without opening the body. Published by a function,
 * they carry its trace on.
 */
export function attributesOf(
  message: AndanteMessage,
  attributes: Readonly<Record<string, string>> = {},
): Record<string, string> {
  return { ...currentTrace(), ...attributes, type: message.type, tenantId: message.tenantId };
}
