import assert from 'node:assert/strict';
import { type Listener, createAudience, noteArtist, noteShown } from '../../../emulators/world/audience.ts';
import { createPanel } from '../../../emulators/world/listeners.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 0, 5);
const panel = createPanel(1, 'SE', 'casual');

function audienceOf(listeners = 500, label = 'SE-a') {
  return createAudience({ labels: [1, label], segments: [{ segment: 'casual', panel, listeners }] });
}

function ids(audience: ReturnType<typeof audienceOf>, atMs: number, requests: number): string[] {
  return Array.from({ length: requests }, () => audience.next('casual', atMs).id);
}

describe('the audience of a group', () => {
  it("brings each of a day's visits once, so that as many different listeners come as habits say", () => {
    const visits = Math.round(500 * panel.visitsPerDay);
    const came = new Set(ids(audienceOf(), START_MS, visits)).size;
    assert(Math.abs(came / (500 * panel.activeShare) - 1) < 0.15, `${came} of 500 came`);
  });

  it('begins the day again when more requests come than habits have visits', () => {
    const visits = Math.round(500 * panel.visitsPerDay);
    const once = new Set(ids(audienceOf(), START_MS, 2 * visits)).size;
    assert.equal(new Set(ids(audienceOf(), START_MS, 6 * visits)).size, once);
  });

  it('is the same for the same labels, other people in another group, and others come on another day', () => {
    assert.deepEqual(ids(audienceOf(), START_MS, 50), ids(audienceOf(), START_MS, 50));
    const strangers = new Set(ids(audienceOf(500, 'SE-b'), START_MS, 500));
    assert(ids(audienceOf(), START_MS, 500).every((id) => !strangers.has(id)));
    assert.notDeepEqual(ids(audienceOf(), START_MS, 50), ids(audienceOf(), START_MS + DAY_MS, 50));
  });

  it('keeps what a listener is for ever, and responds like the average on average', () => {
    const audience = audienceOf(4000);
    const known = new Map<string, Listener>();
    for (const atMs of [START_MS, START_MS + DAY_MS]) {
      for (let request = 0; request < 4000; request += 1) {
        const listener = audience.next('casual', atMs);
        assert.equal(known.get(listener.id) ?? listener, listener);
        known.set(listener.id, listener);
      }
    }
    const all = [...known.values()];
    const mean = all.reduce((sum, { responseMultiplier }) => sum + responseMultiplier, 0) / all.length;
    assert(Math.abs(mean - 1) < 0.05, `${mean}`);
    assert(all.some(({ refusesExplicit }) => refusesExplicit) && all.some(({ age }) => age === undefined));
    assert(all.every(({ age = 14 }) => age >= 14 && age < 70));
  });

  it('notes what was shown, and forgets with the day what is only of the day', () => {
    const audience = audienceOf(1);
    const listener = audience.next('casual', START_MS);
    const shown = { campaignId: 'c', subcampaignId: 's', artistId: 'a', releaseId: 'r', isFullScreen: true as const };
    assert.equal(noteShown(listener, shown), true);
    assert.equal(noteShown(listener, shown), false);
    noteArtist(listener, 'other');
    assert.deepEqual(listener.seen, [{ campaignId: 'c', subcampaignId: 's', today: 2, flight: 2 }]);
    assert.deepEqual([listener.artistIds, listener.releaseIds, listener.fullScreens], [['other', 'a', 'a'], ['r'], 2]);
    let later = listener;
    for (let day = 1; day < 30; day += 1) later = audience.next('casual', START_MS + day * DAY_MS);
    assert.equal(later, listener);
    assert.deepEqual(listener.seen, [{ campaignId: 'c', subcampaignId: 's', today: 0, flight: 2 }]);
    assert.deepEqual([listener.releaseIds, listener.fullScreens], [['r'], 0]);
    assert.equal(noteShown(listener, shown), false);
  });

  it('never says more of a listener than a request may', () => {
    const listener = audienceOf(1).next('casual', START_MS);
    for (let index = 0; index < 300; index += 1)
      noteShown(listener, { campaignId: 'c', subcampaignId: `s${index}`, artistId: `a${index}` });
    assert.deepEqual([listener.seen.length, listener.artistIds.length], [200, 20]);
    assert.equal(listener.seen.at(-1)?.subcampaignId, 's299');
    assert.equal(listener.artistIds[0], 'a299');
  });

  it('has no listeners of a segment that it does not know', () => {
    assert.throws(() => audienceOf().next('nobody', START_MS), /no segment nobody/);
  });
});
