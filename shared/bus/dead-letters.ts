// The port to dead letters: messages that no attempt could deliver, kept by the subscription of their dead-letter topic.
// Implementations: pubsub-dead-letters.ts and memory-dead-letters.ts.

/** A message as it was published, its body untouched. */
export interface DeadLetter {
  messageId: string;
  bytes: Uint8Array;
  attributes: Readonly<Record<string, string>>;
  /** Names this delivery to {@link DeadLetters.acknowledge} and {@link DeadLetters.release}. */
  ackId: string;
}

/** `topic` is the original topic; its dead letters wait in the subscription {@link deadLetterSubscription}. */
export interface DeadLetters {
  /**
   * At most `limit` messages that nobody holds at the moment; none when nothing waits.
   * @throws AndanteError BUS_UNAVAILABLE
   */
  pull(topic: string, limit: number): Promise<DeadLetter[]>;
  /**
   * Publishes the letter's body to its original topic and resolves to the new message id.
   * @throws AndanteError BUS_UNAVAILABLE
   */
  republish(topic: string, letter: DeadLetter, attributes: Readonly<Record<string, string>>): Promise<string>;
  /** Lets the subscription forget them. */
  acknowledge(topic: string, letters: readonly DeadLetter[]): Promise<void>;
  /** Gives them back: they can be pulled again at once. */
  release(topic: string, letters: readonly DeadLetter[]): Promise<void>;
}

/** Where the dead letters of a topic wait; topic and subscription have one name. */
export function deadLetterSubscription(topic: string): string {
  return `${topic}-dead-letter`;
}
