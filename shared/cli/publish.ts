// publish: sends events, all of them or none that is wrong.
import { topicOf } from '../bus/event-bus.ts';
import type { AndanteMessage } from '../contracts/events.ts';
import { UsageError, type Command, type Conclusion, type Context } from './command.ts';
import { readEvents, type ReadEvent } from './read-events.ts';
import { formatTable } from './table.ts';

/** Published at the same time. */
const BATCH = 100;

export const publish: Command = {
  name: 'publish',
  summary: 'publish one event or many, checked first',
  usage: ['publish <file|-> [--dry-run] [--json]'],
  options: { 'dry-run': { type: 'boolean', help: 'check the events and send nothing' } },
  notes: [
    'The file holds one JSON object, an array of them, or one object a line; - reads standard input.',
    'If one event is wrong, none is sent. Nothing is filled in: eventId and occurredAt are the producer’s.',
    'Publishing a file again is harmless: an eventId counts once.',
  ],
  async run(args, context) {
    const [path, ...more] = args.positionals;
    if (path === undefined || more.length > 0) throw new UsageError('publish takes one file, or - for standard input');
    const events = readEvents(await readInput(path, context));
    if (events.length === 0) throw new UsageError('the input holds no event');
    const refused = events.filter(({ refusal }) => refusal !== undefined);
    if (refused.length > 0) return refusedConclusion(events.length, refused);
    const messages = events.flatMap(({ message }) => message ?? []);
    return args.values['dry-run'] === true ? dryRunConclusion(messages) : send(messages, context);
  },
};

async function readInput(path: string, context: Context): Promise<string> {
  try {
    return await context.readInput(path);
  } catch (error) {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function refusedConclusion(total: number, refused: readonly ReadEvent[]): Conclusion {
  const lines = refused.map(({ place, refusal }) => `${place}: ${refusal?.code ?? ''}: ${refusal?.message ?? ''}`);
  return {
    exit: 'refused',
    text: [
      ...lines,
      `${refused.length} of ${total} events refused, none published: correct them and publish again`,
    ].join('\n'),
    json: { published: [], refused: refused.map(({ place, refusal }) => ({ place, ...refusal })) },
  };
}

function dryRunConclusion(messages: readonly AndanteMessage[]): Conclusion {
  const rows = messages.map((message) => [topicOf(message), idOf(message)]);
  return {
    exit: 'ok',
    text: `${formatTable(['topic', 'event'], rows)}\n${messages.length} events are right; nothing was sent`,
    json: { dryRun: true, events: messages.map((message) => ({ topic: topicOf(message), ...keyOf(message) })) },
  };
}

async function send(messages: readonly AndanteMessage[], context: Context): Promise<Conclusion> {
  const { ports } = await context.connect();
  const published: { topic: string; messageId: string; eventId?: string }[] = [];
  let failure: unknown;
  for (let start = 0; start < messages.length && failure === undefined; start += BATCH) {
    const batch = messages.slice(start, start + BATCH);
    const answers = await Promise.allSettled(batch.map((message) => ports.bus.publish(message)));
    answers.forEach((answer, index) => {
      const message = batch[index] as AndanteMessage;
      if (answer.status === 'rejected') failure ??= answer.reason;
      else published.push({ topic: topicOf(message), messageId: answer.value, ...keyOf(message) });
    });
    if (messages.length > BATCH) context.progress(`${published.length} of ${messages.length} published`);
  }
  const table = formatTable(
    ['message', 'topic', 'event'],
    published.map(({ messageId, topic, eventId }) => [messageId, topic, eventId ?? '']),
  );
  if (failure === undefined) return { exit: 'ok', text: table, json: { published } };
  const said = failure instanceof Error ? failure.message : 'the bus refused';
  const mend = `${published.length} of ${messages.length} published (${said}): run the same command again, what was published counts once`;
  return { exit: 'connection', text: `${table}\n${mend}`, json: { published, error: { message: mend } } };
}

function keyOf(message: AndanteMessage): { eventId?: string } {
  return 'eventId' in message ? { eventId: message.eventId } : {};
}

function idOf(message: AndanteMessage): string {
  return keyOf(message).eventId ?? '';
}
