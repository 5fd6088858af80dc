// replay: sends what was refused or could not be delivered once more, under its own eventId.
import { countOption, textOption, UsageError, type Command } from './command.ts';
import { suggestion } from './nearest.ts';
import { messageNames } from './read-events.ts';
import { REPLAY_ATTRIBUTE } from './replay-attribute.ts';
import { replayDeadLetters } from './replay-dead-letters.ts';
import { replayQuarantine } from './replay-quarantine.ts';

const kinds = ['quarantine', 'dead-letters'];

export const replay: Command = {
  name: 'replay',
  summary: 'publish quarantined messages or dead letters again',
  usage: [
    'replay quarantine [--id ID] [--limit N] [--dry-run] [--json]',
    'replay dead-letters [--function NAME] [--limit N] [--dry-run] [--json]',
  ],
  options: {
    id: { type: 'string', value: 'ID', help: 'quarantine: one document, 20 hex digits; without it, all' },
    function: { type: 'string', value: 'NAME', help: 'dead-letters: of one function; without it, of every one' },
    limit: { type: 'string', value: 'N', help: 'at most so many messages, 1 to 10000; 100 unless told' },
    'dry-run': { type: 'boolean', help: 'show what would be sent; dead letters are given back' },
  },
  notes: [
    `A replayed message keeps its eventId and body and gets the attribute ${REPLAY_ATTRIBUTE}; what was applied meanwhile counts once.`,
    'quarantine sends what is replayable and what this version of the contracts takes. Its document stays: the store',
    'deletes nothing, quarantine ends by itself after 90 days, and a message that is refused again is the same document.',
    'dead-letters acknowledges a message only after it was published. Exit code 1: nothing was there to replay, or a',
    'message could not be sent for the reason listed.',
  ],
  async run(args, context) {
    const [kind = '', ...more] = args.positionals;
    if (!kinds.includes(kind)) {
      throw new UsageError(`replay takes ${kinds.join(' or ')}${kind === '' ? '' : suggestion(kind, kinds)}`);
    }
    if (more.length > 0) throw new UsageError(`replay ${kind} takes options only, such as --limit 10`);
    const limit = countOption(args, 'limit', { otherwise: 100, most: 10_000 });
    const isDryRun = args.values['dry-run'] === true;
    const id = textOption(args, 'id');
    const name = textOption(args, 'function');
    if (kind === 'quarantine') {
      if (name !== undefined) throw new UsageError('--function belongs to replay dead-letters');
      if (id !== undefined && !/^[0-9a-f]{20}$/.test(id)) throw new UsageError('--id is 20 hexadecimal digits');
      return replayQuarantine({ id, limit, isDryRun }, context);
    }
    if (id !== undefined) throw new UsageError('--id belongs to replay quarantine');
    const topics = messageNames.filter((known) => name === undefined || known === name);
    if (topics.length === 0)
      throw new UsageError(`no function is called ${name ?? ''}${suggestion(name ?? '', messageNames)}`);
    return replayDeadLetters({ topics, limit, isDryRun }, context);
  },
};
