// One scheduled message without a market becomes one for each market, all for the same instant: the market is the shard.
import type { ScheduledWire } from '../contracts/events.ts';
import { formatInstant } from '../contracts/instants.ts';
import type { EventBus } from './event-bus.ts';

/**
 * @param atMs the instant that every message is scheduled for, epoch ms
 * @returns how many were published
 * @throws AndanteError BUS_UNAVAILABLE; what was published is published again by the retry, which each market must bear
 */
export async function fanOut(
  bus: EventBus,
  message: Pick<ScheduledWire, 'type' | 'source' | 'tenantId'>,
  markets: readonly string[],
  atMs: number,
): Promise<number> {
  const scheduledFor = formatInstant(atMs);
  await Promise.all(markets.map((market) => bus.publish({ ...message, scheduledFor, market })));
  return markets.length;
}
