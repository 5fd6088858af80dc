// replay: sends what was refused or could not be delivered once more, under its own eventId.
import { countOption, textOption, UsageError, type Command } from './command.ts';
import { suggestion } from './nearest.ts';
import { messageNames } from './read-events.ts';
import { REPLAY_ATTRIBUTE } from './replay-attribute.ts';
import { replayDeadLetters } from './replay-dead-letters.ts';
import { replayRows } from './replay-rows.ts';
import { replayQuarantine } from './replay-quarantine.ts';

const kinds = ['quarantine', 'dead-letters', 'rows'];

export const replay: Command = {
  name: 'replay',
  summary: 'publish quarantined messages, dead letters, or what only rows remember again',
  usage: [
    'replay quarantine [--id ID] [--limit N] [--dry-run] [--json]',
    'replay dead-letters [--function NAME] [--limit N] [--dry-run] [--json]',
    'replay rows --since DAY [--reports] [--limit N] [--dry-run] [--json]',
  ],
  options: {
    id: { type: 'string', value: 'ID', help: 'quarantine: one document, 20 hex digits; without it, all' },
    function: { type: 'string', value: 'NAME', help: 'dead-letters: of one function; without it, of every one' },
    since: { type: 'string', value: 'DAY', help: 'rows: of events that occurred on this day, UTC, or later' },
    reports: { type: 'boolean', help: 'rows: delivery reports too, where Pub/Sub keeps them no more' },
    limit: { type: 'string', value: 'N', help: 'at most so many messages, 1 to 10000; 100 unless told' },
    'dry-run': { type: 'boolean', help: 'show what would be sent; dead letters are given back' },
  },
  notes: [
    `A replayed message keeps its eventId and body and gets the attribute ${REPLAY_ATTRIBUTE}; what was applied meanwhile counts once.`,
    'quarantine sends what is replayable and what this version of the contracts takes. Its document stays: the store',
    'deletes nothing, quarantine ends by itself after 90 days, and a message that is refused again is the same document.',
    'rows is for a store that was brought back to an earlier instant (terraform/RESTORE.md): what BigQuery has rows of and',
    'the ledger knows nothing of is made anew from its rows and published, under its own eventId.',
    'dead-letters acknowledges a message only after it was published. Exit code 1: nothing was there to replay, or a',
    'message could not be sent for the reason listed.',
  ],
  async run(args, context) {
    const [kind = '', ...more] = args.positionals;
    if (!kinds.includes(kind)) {
      throw new UsageError(
        `replay takes ${kinds.join(', ').replace(/, (?=rows)/, ' or ')}${kind === '' ? '' : suggestion(kind, kinds)}`,
      );
    }
    if (more.length > 0) throw new UsageError(`replay ${kind} takes options only, such as --limit 10`);
    const limit = countOption(args, 'limit', { otherwise: 100, most: 10_000 });
    const isDryRun = args.values['dry-run'] === true;
    const id = textOption(args, 'id');
    const name = textOption(args, 'function');
    const since = textOption(args, 'since');
    if (kind === 'rows') {
      if (id !== undefined || name !== undefined)
        throw new UsageError('replay rows takes --since, not --id or --function');
      if (since === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(since) || Number.isNaN(Date.parse(since)))
        throw new UsageError('replay rows needs a day that exists: --since 2026-01-31');
      return replayRows({ since, limit, isDryRun, withReports: args.values['reports'] === true }, context);
    }
    if (since !== undefined || args.values['reports'] === true)
      throw new UsageError('--since and --reports belong to replay rows');
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
