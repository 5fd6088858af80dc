// inspect: shows what is stored, and changes nothing.
import { textOption, UsageError, type Command } from './command.ts';
import { inspectCampaign } from './inspect-campaign.ts';
import { inspectLedger } from './inspect-ledger.ts';
import { inspectMarket } from './inspect-market.ts';
import { suggestion } from './nearest.ts';

const kinds = ['campaign', 'market', 'ledger'];

export const inspect: Command = {
  name: 'inspect',
  summary: 'show a campaign, a market or a ledger entry',
  usage: [
    'inspect campaign <tenant>/<campaign> [--json]',
    'inspect market <market> [--json]',
    'inspect ledger <source>/<tenant>/<eventId> [--json]',
    'inspect ledger --id <20 hex digits> [--json]',
  ],
  options: {
    id: { type: 'string', value: 'ID', help: 'ledger: the document’s id, as rows of BigQuery begin with it' },
  },
  notes: [
    'Amounts are units of the campaign’s currency; --json keeps integer micros. The numbers of a campaign are those of',
    'the market books at this moment. Exit code 1: there is no such document.',
  ],
  async run(args, context) {
    const [kind = '', name, ...more] = args.positionals;
    if (more.length > 0) throw new UsageError(`inspect ${kind} shows one thing at a time`);
    const id = textOption(args, 'id');
    if (id !== undefined && kind !== 'ledger') throw new UsageError('--id belongs to inspect ledger');
    switch (kind) {
      case 'campaign':
        return inspectCampaign(name, context);
      case 'market':
        return inspectMarket(name, context);
      case 'ledger':
        return inspectLedger({ name, id }, context);
      default:
        throw new UsageError(`inspect shows a ${kinds.join(', a ')}${kind === '' ? '' : suggestion(kind, kinds)}`);
    }
  },
};
