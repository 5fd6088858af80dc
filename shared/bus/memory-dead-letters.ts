// Dead letters in memory: for tests.
import type { DeadLetter, DeadLetters } from './dead-letters.ts';

export interface Republished {
  topic: string;
  body: string;
  attributes: Record<string, string>;
}

export interface MemoryDeadLetters extends DeadLetters {
  /** Puts a message into a topic's dead letters. */
  add(topic: string, letter: { messageId: string; body: string; attributes?: Record<string, string> }): void;
  /** What still waits, held or not, by message id. */
  waiting(topic: string): string[];
  readonly republished: readonly Republished[];
}

export function createMemoryDeadLetters(): MemoryDeadLetters {
  const letters = new Map<string, { letter: DeadLetter; isHeld: boolean }[]>();
  const republished: Republished[] = [];
  const of = (topic: string) => letters.get(topic) ?? [];
  return {
    republished,
    add(topic, { messageId, body, attributes = {} }) {
      const letter = { messageId, bytes: Buffer.from(body), attributes, ackId: `ack-${messageId}` };
      letters.set(topic, [...of(topic), { letter, isHeld: false }]);
    },
    waiting: (topic) => of(topic).map(({ letter }) => letter.messageId),
    async pull(topic, limit) {
      const free = of(topic)
        .filter(({ isHeld }) => !isHeld)
        .slice(0, limit);
      for (const held of free) held.isHeld = true;
      return free.map(({ letter }) => letter);
    },
    async republish(topic, letter, attributes) {
      republished.push({ topic, body: Buffer.from(letter.bytes).toString('utf8'), attributes: { ...attributes } });
      return String(republished.length);
    },
    async acknowledge(topic, done) {
      const ids = new Set(done.map(({ ackId }) => ackId));
      letters.set(
        topic,
        of(topic).filter(({ letter }) => !ids.has(letter.ackId)),
      );
    },
    async release(topic, given) {
      const ids = new Set(given.map(({ ackId }) => ackId));
      for (const held of of(topic)) if (ids.has(held.letter.ackId)) held.isHeld = false;
    },
  };
}
