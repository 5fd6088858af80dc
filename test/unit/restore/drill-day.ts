// What happens around a restore: campaigns, reports of two groups that charge within their leases, ticks, changes that come over
// Pub/Sub and one that comes over HTTP.
import type { BookPage } from '../../../shared/contracts/documents.ts';
import { refs } from '../../../shared/store/allocation-store.ts';
import { budgetChanged, campaignCreated, deliveryReported, line, order, statusChanged } from '../../support/events.ts';
import { START_MS, TICK_MS } from '../../support/instants.ts';
import { restorableWorld, type RestorableWorld } from '../../support/restorable-world.ts';
import { createCommandLine, type Ran } from '../cli/command-line.ts';

export const RESTORED_MINUTE = 6;
const LAST_MINUTE = 12;
const GROUPS = ['g1', 'g2'];

/** A day until its store is lost, with the snapshot of an earlier minute. */
export async function drillDay() {
  const world = await restorableWorld();
  const charged = new Map<string, number>();
  const minute = async (index: number, happens?: () => Promise<void>) => {
    world.now.atMs = atMs(index);
    await happens?.();
    for (const group of GROUPS) await report(world, charged, { group, index });
    await world.tick();
  };
  world.now.atMs = START_MS;
  await world.publish(campaignCreated());
  await world.publish(campaignCreated({ campaignId: 'c2', budgetMicros: 50_000_000 }));
  // It has little left when the store is lost.
  await world.publish(
    campaignCreated({ campaignId: 'small', budgetMicros: 4_000_000, subcampaigns: [order({ pacing: 'asap' })] }),
  );
  for (let index = 1; index <= RESTORED_MINUTE; index++) await minute(index);
  const snapshot = world.snapshot();
  const at = { occurredAtMs: 0 };
  for (let index = RESTORED_MINUTE + 1; index <= LAST_MINUTE; index++) {
    at.occurredAtMs = atMs(index);
    await minute(index, async () => {
      if (index === 8) await world.publish(campaignCreated({ campaignId: 'c3', budgetMicros: 30_000_000 }, at));
      if (index === 9) await world.publish(budgetChanged(120_000_000, 1, at));
      // Decided at the door, in the request: Pub/Sub never had it.
      const event = statusChanged('paused', 1, { campaignId: 'c2', source: 't1', eventId: 'change:pause-1', ...at });
      if (index === 10) await world.deliver({ event, publishedAtMs: world.now.atMs });
    });
  }
  const lostAfter = world.kept.filter(({ publishedAtMs }) => publishedAtMs >= atMs(RESTORED_MINUTE));
  return { world, snapshot, lostAfter, minute, laterMs: atMs(LAST_MINUTE + 1) };
}

function atMs(minute: number): number {
  return START_MS + minute * TICK_MS;
}

async function report(
  world: RestorableWorld,
  charged: Map<string, number>,
  { group, index }: { group: string; index: number },
): Promise<void> {
  const plan = await world.plan();
  const lines = (plan?.lines ?? []).flatMap(({ campaignId, leases }) => {
    const lease = leases.find((one) => one.group === group);
    if (!lease) return [];
    const key = `${group}/${campaignId}`;
    const openMicros = lease.grantedMicros - lease.returnedMicros - (charged.get(key) ?? 0);
    const chargedMicros = Math.min(200_000, openMicros);
    if (chargedMicros <= 0) return [];
    charged.set(key, (charged.get(key) ?? 0) + chargedMicros);
    return [line({ campaignId, chargedMicros, clicks: index % 3 === 0 ? 1 : 0 })];
  });
  const windowEndAtMs = world.now.atMs;
  const opportunities = [{ segment: 'casual', surface: 'home', opportunities: 50 }];
  const window = { group, lines, windowStartAtMs: windowEndAtMs - TICK_MS, windowEndAtMs, opportunities };
  await world.publish(deliveryReported(`report:${index}:${group}`, window));
}

/** What was delivered and billed of each line: what no restore may change. */
export async function moneyOf(world: RestorableWorld) {
  const [page] = await world.store().read([refs.page('SE', 'p00')]);
  return (page as BookPage).entries
    .map(({ campaignId, budgetMicros, spentMicros, overrunMicros, impressions, clicks, leases }) => ({
      ...{ campaignId, budgetMicros, spentMicros, overrunMicros, impressions, clicks },
      billedMicros: Math.min(spentMicros, budgetMicros),
      chargedMicros: leases.map(({ group, chargedMicros }) => [group, chargedMicros] as const).sort(),
    }))
    .sort((a, b) => (a.campaignId < b.campaignId ? -1 : 1));
}

/** A command of `npm run andante` over the store as it is now and all rows. */
export async function command(world: RestorableWorld, ...argv: string[]) {
  const line = createCommandLine({ store: world.store() });
  await line.log.append(world.rows.rows);
  const ran: Ran = await line.run(argv);
  return { ...ran, published: line.bus.published };
}

/** The codes of what `reconcile` finds to differ. */
export async function differencesOf(world: RestorableWorld, ...argv: string[]): Promise<string[]> {
  const ran = await command(world, 'reconcile', '--json', ...argv);
  return [...new Set((ran.json()['differences'] as { code: string }[]).map(({ code }) => code))].sort();
}
