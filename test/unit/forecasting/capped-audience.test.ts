import assert from 'node:assert/strict';
import { createRandom } from '../../../emulators/world/random.ts';
import { cappedAudience } from '../../../shared/forecasting/capped-audience.ts';

const listeners = { slots: [1, 4, 12], listeners: [500, 300, 200] };
const days = 5;

/** Listeners served one by one. */
function served(perFlight: number, perDay: number, offerRate: number): number {
  const random = createRandom('capped-audience', perFlight, perDay, offerRate);
  let [shown, visits] = [0, 0];
  listeners.slots.forEach((count, bin) => {
    for (let one = 0; one < 40 * (listeners.listeners[bin] as number); one++) {
      const ofDay = new Map<number, number>();
      let own = 0;
      for (let visit = 0; visit < count; visit++) {
        const day = Math.floor(days * random());
        const today = ofDay.get(day) ?? 0;
        if (random() >= offerRate || own >= perFlight || today >= perDay) continue;
        own += 1;
        ofDay.set(day, today + 1);
      }
      shown += own;
      visits += count;
    }
  });
  return shown / visits;
}

describe('Frequency caps on visits that are offered at random', () => {
  for (const [perFlight, perDay] of [
    [1, Infinity],
    [3, Infinity],
    [Infinity, 1],
    [Infinity, 2],
  ] as const) {
    for (const offerRate of [0.2, 0.7, 1]) {
      it(`leave what is served one by one with ${perFlight} in all, ${perDay} a day, of ${offerRate}`, () => {
        const share = cappedAudience(listeners, { perFlight, perDay }, { days, offerRate });
        assert(Math.abs(share - served(perFlight, perDay, offerRate)) < 0.004);
      });
    }
  }

  it('leave what is offered where there are none', () => {
    const none = { perFlight: Infinity, perDay: Infinity };
    assert(Math.abs(cappedAudience(listeners, none, { days, offerRate: 0.3 }) - 0.3) < 1e-12);
  });

  it('leave nothing of nobody', () => {
    const caps = { perFlight: 1, perDay: 1 };
    assert.equal(cappedAudience({ slots: [], listeners: [] }, caps, { days, offerRate: 1 }), 0);
    assert.equal(cappedAudience(listeners, caps, { days, offerRate: 0 }), 0);
  });
});
