import assert from 'node:assert/strict';
import { drawCrashLoad } from '../../crash/crash-load.ts';
import { expectedOf } from '../../crash/expected.ts';

const load = drawCrashLoad({ seed: 3, count: 1_000 });

describe('the load of the crash test', () => {
  it('is the same for the same seed, and another for another', () => {
    assert.deepEqual(drawCrashLoad({ seed: 3, count: 1_000 }), load);
    assert.notDeepEqual(drawCrashLoad({ seed: 4, count: 1_000 }), load);
  });

  it('has as many different events as were asked for, publishes each, and some twice', () => {
    assert.equal(new Set(load.events.map(({ eventId }) => eventId)).size, 1_000);
    assert.deepEqual(new Set(load.publications), new Set(load.events));
    const copies = load.publications.length - load.events.length;
    assert(copies > 200 && copies < 400, `${copies} copies`);
  });

  it('has changes that come before their campaign, and changes that come before older ones', () => {
    const campaignOf = (index: number) => {
      const event = load.publications[index];
      return event?.type === 'andante.delivery-reported.v1' ? undefined : event?.data.campaignId;
    };
    const isCreation = (index: number) => load.publications[index]?.type === 'andante.campaign-created.v1';
    const all = load.publications.map((_, index) => index);
    const isFirst = (index: number) => all.findIndex((other) => campaignOf(other) === campaignOf(index)) === index;
    assert(all.some((index) => campaignOf(index) !== undefined && isFirst(index) && !isCreation(index)));
    const versions = load.publications.flatMap((event) =>
      event.type === 'andante.budget-changed.v1' && 'budgetVersion' in event.data
        ? [[event.data.campaignId, event.data.budgetVersion] as const]
        : [],
    );
    assert(
      versions.some(([id, version], index) =>
        versions.slice(0, index).some(([other, later]) => other === id && later > version),
      ),
    );
  });

  it('leaves most of every budget unspent, so that no order of events makes an overrun', () => {
    const budgets = load.events.flatMap((event) => ('budgetMicros' in event.data ? [event.data.budgetMicros] : []));
    const lowestShareMicros = Math.min(...budgets) / 2;
    for (const { parts } of expectedOf(load.events).campaigns) {
      for (const part of parts) {
        const takenMicros = part.spentMicros + part.chargedMicros;
        assert(takenMicros < lowestShareMicros * 0.8, `${part.campaignId}/${part.subcampaignId} takes ${takenMicros}`);
      }
    }
  });
});
