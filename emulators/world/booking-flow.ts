// Publishes the booking plan as virtual time reaches it, and remembers what it published how often, so that the stack's
// totals can be checked against it.
import type { BookingMessage } from './booking-plan.ts';

/** Puts a JSON text on a topic. */
export type Publish = (topic: string, body: string, attributes: { type: string; tenantId: string }) => Promise<void>;

/** What was published under one event id. */
export interface PublishedEvent {
  eventId: string;
  topic: BookingMessage['topic'];
  tenantId: string;
  campaignId: string;
  /** How often its right payload was published; all but one must be absorbed. */
  copies: number;
  /** How often another payload was published under the id; each must be quarantined. */
  conflicts: number;
  /** Is no event: must be quarantined and nothing else. */
  isMalformed: boolean;
}

export interface BookingFlow {
  /** Publishes everything due by `atMs` that has not been published. */
  publishDue(atMs: number): Promise<void>;
  /** By event id, in the order of first publication. */
  published(): PublishedEvent[];
}

/** A flow over messages in time order. */
export function createBookingFlow({
  plan,
  publish,
}: {
  plan: readonly BookingMessage[];
  publish: Publish;
}): BookingFlow {
  const published = new Map<string, PublishedEvent>();
  let next = 0;

  const note = ({ eventId, topic, tenantId, campaignId, kind }: BookingMessage) => {
    const isMalformed = kind === 'malformed';
    const known = published.get(eventId) ?? {
      eventId,
      topic,
      tenantId,
      campaignId,
      copies: 0,
      conflicts: 0,
      isMalformed,
    };
    if (kind === 'conflict') known.conflicts += 1;
    else known.copies += 1;
    published.set(eventId, known);
  };

  return {
    async publishDue(atMs) {
      const due: BookingMessage[] = [];
      for (; next < plan.length && (plan[next]?.atMs ?? Infinity) <= atMs; next += 1) {
        const message = plan[next];
        if (message) due.push(message);
      }
      due.forEach(note);
      await Promise.all(due.map(({ topic, body, type, tenantId }) => publish(topic, body, { type, tenantId })));
    },
    published: () => [...published.values()],
  };
}
