// tick: brings the markets up to now, or to an instant, as the Scheduler does every minute.
import { PLATFORM_TENANT } from '../contracts/platform-tenant.ts';
import type { DeliveryTickWire } from '../contracts/events.ts';
import { formatInstant } from '../contracts/instants.ts';
import { refs } from '../store/allocation-store.ts';
import { instantOption, pathPart, textOption, UsageError, type Command, type Context } from './command.ts';
import { formatTime } from './format-values.ts';
import { unknownMarket } from './nearest.ts';
import { checkMessage } from './read-events.ts';

/** The source of ticks that people ask for. */
const SOURCE = 'command-line';

export const tick: Command = {
  name: 'tick',
  summary: 'publish a delivery tick',
  usage: ['tick [--market M] [--at INSTANT] [--dry-run] [--json]'],
  options: {
    market: { type: 'string', value: 'M', help: 'one market; without it, every market' },
    at: { type: 'string', value: 'INSTANT', help: 'the tick’s time, RFC 3339; without it, the time of publishing' },
    'dry-run': { type: 'boolean', help: 'show the tick and send nothing' },
  },
  notes: [
    'A tick at or before the last slot of a market does nothing. A tick of the future is refused, but under virtual time.',
  ],
  async run(args, context) {
    if (args.positionals.length > 0) throw new UsageError('tick takes options only, such as --market SE');
    const market = textOption(args, 'market');
    const atMs = instantOption(args, 'at');
    const message = checkMessage({
      type: 'andante.delivery-tick.v1',
      source: SOURCE,
      tenantId: PLATFORM_TENANT,
      ...(atMs === undefined ? {} : { scheduledFor: formatInstant(atMs) }),
      ...(market === undefined ? {} : { market: pathPart(market, 'a market') }),
    } satisfies DeliveryTickWire);
    const what = `${market ?? 'every market'} at ${atMs === undefined ? 'the time of publishing' : formatTime(atMs)}`;
    if (args.values['dry-run'] === true) {
      return { exit: 'ok', text: `a tick for ${what}; nothing was sent`, json: { dryRun: true, message } };
    }
    const unknown = market === undefined ? undefined : await checkMarket(market, context);
    if (unknown !== undefined)
      return { exit: 'different', text: unknown, json: { published: [], error: { message: unknown } } };
    const { ports } = await context.connect();
    const messageId = await ports.bus.publish(message);
    const published = [{ topic: 'delivery-tick', messageId }];
    return { exit: 'ok', text: `message ${messageId}: a tick for ${what}`, json: { published } };
  },
};

/** What to say when the market has no document: its tick would be quarantined. */
async function checkMarket(market: string, context: Context): Promise<string | undefined> {
  const { ports } = await context.connect();
  const [known] = await ports.store.read([refs.market(market)]);
  if (known) return undefined;
  const names = await ports.store.markets();
  return unknownMarket(market, names);
}
