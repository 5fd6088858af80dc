// The shapes in which a Pub/Sub message reaches a function.
import { encodeInstants } from '../../shared/contracts/instants.ts';

export interface Sent {
  attributes?: Record<string, string>;
  publishTime?: string;
  data?: string;
  messageId?: string;
}

/** A push as Pub/Sub posts it. */
export function push(
  body: unknown,
  { attributes = {}, publishTime = '2026-03-02T00:00:00Z', data, messageId = '1' }: Sent = {},
) {
  const text = typeof body === 'string' ? body : JSON.stringify(encodeInstants(body));
  const message = { data: data ?? Buffer.from(text).toString('base64'), attributes, messageId, publishTime };
  return { message, subscription: 'projects/demo-andante/subscriptions/test', deliveryAttempt: 2 };
}

/** The same push as a CloudEvent, whose data the framework or Eventarc put together. */
export function cloudEvent(body: unknown, sent: Sent = {}) {
  return {
    specversion: '1.0',
    id: '1',
    type: 'google.cloud.pubsub.topic.v1.messagePublished',
    source: '//pubsub',
    data: push(body, sent),
  };
}

/** The same push as the framework converts it: no attempt, no subscription. */
export function convertedPush(body: unknown, sent: Sent = {}) {
  const { message } = push(body, sent);
  return {
    id: '1',
    type: 'google.cloud.pubsub.topic.v1.messagePublished',
    data: { message: { '@type': 'type.googleapis.com/google.pubsub.v1.PubsubMessage', ...message } },
  };
}
