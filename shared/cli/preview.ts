// preview: what an event would come to, and whom it would displace, before it is published.
import { topicOf } from '../bus/event-bus.ts';
import type { Displaced, Preview } from '../campaign/preview-change.ts';
import { decodeMessage, type MessageName } from '../contracts/decode-message.ts';
import type { CampaignEvent } from '../contracts/events.ts';
import type { QuoteIssued, Range } from '../contracts/forecast-outcomes.ts';
import type { CampaignOutcome, CounterOffer } from '../contracts/outcomes.ts';
import { previewCampaignEvent } from '../store/preview-campaign-event.ts';
import { instantOption, UsageError, type Command, type Context } from './command.ts';
import { formatMicros, formatTime } from './format-values.ts';
import { readEvents } from './read-events.ts';
import { formatTable } from './table.ts';

export const preview: Command = {
  name: 'preview',
  summary: 'show what a campaign event would come to and whom it would displace, and publish nothing',
  usage: ['preview <file|-> [--at INSTANT] [--json]'],
  options: { at: { type: 'string', value: 'INSTANT', help: 'decide at this time instead of now, RFC 3339' } },
  notes: [
    'The file holds one campaign-created, budget-changed or campaign-status-changed event, as publish takes it.',
    'Displaced is a line that is expected to be delivered less, by the median of supply, relieved one that is expected to be',
    'delivered more where a change asks for less. What was booked on the lower',
    'quartile of supply is never given away: a new booking displaces nobody below that. Exit code 1: it would be refused.',
  ],
  async run(args, context) {
    const [path, ...more] = args.positionals;
    if (path === undefined || more.length > 0) throw new UsageError('preview takes one file, or - for standard input');
    const event = await readCampaignEvent(path, context);
    const nowMs = instantOption(args, 'at') ?? context.clock();
    const { ports } = await context.connect();
    const { outcomes, displaced, relieved } = await previewCampaignEvent(ports.store, event, nowMs);
    const isRefused = outcomes.some(({ type }) => type.endsWith('-refused'));
    const said = { outcomes, displaced, relieved };
    return { exit: isRefused ? 'different' : 'ok', text: toText(said), json: said };
  },
};

async function readCampaignEvent(path: string, context: Context): Promise<CampaignEvent> {
  const text = await context.readInput(path).catch((error: unknown) => {
    throw new UsageError(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  const [first, ...others] = readEvents(text);
  if (!first || others.length > 0) throw new UsageError('preview takes one event at a time');
  if (!first.message) throw new UsageError(`${first.refusal?.code ?? ''}: ${first.refusal?.message ?? ''}`);
  const name = topicOf(first.message) as MessageName;
  const event = decodeMessage(name, Buffer.from(JSON.stringify(first.message)));
  if (!('data' in event) || !('campaignId' in event.data)) throw new UsageError(`${name} changes no campaign`);
  return event as CampaignEvent;
}

function toText({ outcomes, displaced, relieved }: Pick<Preview, 'outcomes' | 'displaced' | 'relieved'>): string {
  const said = outcomes.length > 0 ? outcomes.map(describe) : ['nothing would change'];
  const moved = [
    displaced.length > 0 ? `displaced:\n${tableOf(displaced)}` : 'nobody would be displaced',
    ...(relieved.length > 0 ? [`relieved:\n${tableOf(relieved)}`] : []),
  ];
  return [...said, ...moved].join('\n');
}

function tableOf(lines: readonly Displaced[]): string {
  const rows = lines.map((line) => [
    line.market,
    `${line.campaignId}/${line.subcampaignId}`,
    formatMicros(line.remainingMicros),
    formatMicros(line.beforeMicros),
    formatMicros(line.afterMicros),
    formatMicros(line.afterMicros - line.beforeMicros),
  ]);
  return formatTable(['market', 'line', 'to deliver', 'expected', 'after the change', 'difference'], rows);
}

function describe(outcome: CampaignOutcome): string {
  switch (outcome.type) {
    case 'campaign-accepted':
    case 'budget-applied': {
      const parts = outcome.subcampaigns.map(
        ({ market, subcampaignId, budgetMicros }) => `  ${market} ${subcampaignId}: ${formatMicros(budgetMicros)}`,
      );
      const scaled = outcome.code === 'SCALED_DOWN' ? ` of ${formatMicros(outcome.requestedMicros)}: SCALED_DOWN` : '';
      const head = `${outcome.type}: ${formatMicros(outcome.budgetMicros)}${scaled}, escrow ${formatMicros(outcome.escrowMicros)}`;
      return [head, ...parts].join('\n');
    }
    case 'campaign-refused':
    case 'budget-refused':
    case 'status-refused': {
      const { counterOfferMicros } = outcome;
      const offer = counterOfferMicros === undefined ? '' : `; ${formatMicros(counterOfferMicros)} would be accepted`;
      const others = 'counterOffers' in outcome ? (outcome.counterOffers ?? []) : [];
      return [`${outcome.type}: ${outcome.code}: ${outcome.reason}${offer}`, ...others.flatMap(describeOffer)].join(
        '\n',
      );
    }
    case 'status-applied':
      return `${outcome.type}: ${outcome.requestedStatus}`;
    case 'change-superseded':
      return `${outcome.type}: version ${outcome.version} is not newer than ${outcome.currentVersion}`;
    case 'quote-issued':
      return describeQuote(outcome);
    case 'change-waiting':
      return `${outcome.type}: version ${outcome.version} waits for its campaign`;
    default:
      return outcome satisfies never;
  }
}

/** What the campaign is told it will get. */
function describeQuote({ fullSpendPpm, clicks, reach, suggestedMaximumMicros }: QuoteIssued): string {
  const between = ({ low, mid, high }: Range, what: string) => `${mid} ${what} (${low} to ${high})`;
  const expected = [...(reach ? [between(reach, 'listeners')] : []), between(clicks, 'clicks')].join(', ');
  return `quote-issued: ${Math.round(fullSpendPpm / 1e4)}% likely to spend it all; ${expected}; up to ${formatMicros(suggestedMaximumMicros)} is 80% likely`;
}

/** One change of the order that would be accepted; the smaller budget is said with the refusal. */
function describeOffer(offer: CounterOffer): string[] {
  const { kind, subcampaignId, segments, surfaces, startAtMs, endAtMs, budgetMicros } = offer;
  if (kind === 'budget') return [];
  const flight = startAtMs !== undefined && endAtMs !== undefined ? [formatTime(startAtMs), formatTime(endAtMs)] : [];
  const terms = [...(segments ?? []), ...(surfaces ?? []), ...flight].join(' ');
  return [
    `  or ${kind}${subcampaignId === undefined ? '' : ` of ${subcampaignId}`}: ${terms}, for ${formatMicros(budgetMicros)}`,
  ];
}
