// replay dead-letters: publishes to its topic what no attempt could deliver, and forgets a message only after that.
import type { DeadLetter, DeadLetters } from '../bus/dead-letters.ts';
import type { MessageName } from '../contracts/decode-message.ts';
import type { Conclusion, Context } from './command.ts';
import { REPLAY_ATTRIBUTE } from './replay-attribute.ts';
import { formatTable } from './table.ts';

/** Pulled at a time: all of them are published well before their acknowledgement is due. */
const BATCH = 50;

export interface ReplayDeadLetters {
  topics: readonly MessageName[];
  limit: number;
  isDryRun: boolean;
}

interface Replayed {
  topic: string;
  deadLetterId: string;
  eventId?: string;
  messageId?: string;
}

export async function replayDeadLetters(
  { topics, limit, isDryRun }: ReplayDeadLetters,
  context: Context,
): Promise<Conclusion> {
  const { ports } = await context.connect();
  const replayed: Replayed[] = [];
  for (const topic of topics) {
    const left = limit - replayed.length;
    if (left === 0) break;
    context.progress(`looking for dead letters of ${topic}`);
    const own = isDryRun ? await show(ports.deadLetters, topic, left) : await send(ports.deadLetters, topic, left);
    replayed.push(...own);
  }
  if (replayed.length === 0) {
    const message = `no dead letters of ${topics.join(', ')}`;
    return { exit: 'different', text: message, json: { replayed: [], error: { message } } };
  }
  const rows = replayed.map((one) => [one.topic, one.deadLetterId, one.eventId ?? '', one.messageId ?? 'not sent']);
  const verb = isDryRun ? 'would be replayed; all were given back' : 'replayed';
  return {
    exit: 'ok',
    text: `${formatTable(['topic', 'dead letter', 'event', 'message'], rows)}\n${replayed.length} ${verb}`,
    json: { dryRun: isDryRun, replayed },
  };
}

async function show(deadLetters: DeadLetters, topic: string, limit: number): Promise<Replayed[]> {
  const held: DeadLetter[] = [];
  try {
    while (held.length < limit) {
      const batch = await deadLetters.pull(topic, Math.min(BATCH, limit - held.length));
      if (batch.length === 0) break;
      held.push(...batch);
    }
  } finally {
    await deadLetters.release(topic, held);
  }
  return held.map((letter) => describe(topic, letter));
}

async function send(deadLetters: DeadLetters, topic: string, limit: number): Promise<Replayed[]> {
  const sent: Replayed[] = [];
  while (sent.length < limit) {
    const batch = await deadLetters.pull(topic, Math.min(BATCH, limit - sent.length));
    if (batch.length === 0) break;
    const answers = await Promise.allSettled(
      batch.map((letter) => deadLetters.republish(topic, letter, attributesOf(letter))),
    );
    const done = batch.filter((_letter, index) => answers[index]?.status === 'fulfilled');
    await deadLetters.acknowledge(topic, done);
    await deadLetters.release(
      topic,
      batch.filter((letter) => !done.includes(letter)),
    );
    answers.forEach((answer, index) => {
      if (answer.status === 'fulfilled')
        sent.push({ ...describe(topic, batch[index] as DeadLetter), messageId: answer.value });
    });
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (failed) throw failed.reason;
  }
  return sent;
}

/** What the producer set. What Pub/Sub noted about the dead letter is about the letter and not about the message. */
function attributesOf({ messageId, attributes }: DeadLetter): Record<string, string> {
  const own = Object.entries(attributes).filter(([name]) => !name.startsWith('CloudPubSubDeadLetter'));
  return { ...Object.fromEntries(own), [REPLAY_ATTRIBUTE]: messageId };
}

function describe(topic: string, { messageId, bytes }: DeadLetter): Replayed {
  const eventId = eventIdOf(bytes);
  return { topic, deadLetterId: messageId, ...(eventId === undefined ? {} : { eventId }) };
}

function eventIdOf(bytes: Uint8Array): string | undefined {
  try {
    const body = JSON.parse(Buffer.from(bytes).toString('utf8')) as { eventId?: unknown } | null;
    return typeof body?.eventId === 'string' ? body.eventId.slice(0, 128) : undefined;
  } catch {
    return undefined;
  }
}
