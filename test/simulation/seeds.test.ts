import assert from 'node:assert/strict';
import { playSeeds } from './play-seeds.ts';
import { runSeed } from './run-seed.ts';
import { MIN_EVENTS } from './story.ts';

const SEEDS = 20_000;
const THIRTY_SECONDS = 30_000;

describe('The simulation', () => {
  it(`keeps every promise in ${SEEDS.toLocaleString('en')} seeds`, async function () {
    this.timeout(600_000);
    let toldAtMs = performance.now();
    const played = await playSeeds({
      seeds: SEEDS,
      onProgress: ({ seeds }) => {
        if (performance.now() < toldAtMs + THIRTY_SECONDS) return;
        toldAtMs = performance.now();
        console.log(`      ${seeds} seeds so far`);
      },
    });
    const [first] = played.failures;
    assert.equal(
      first,
      undefined,
      `npm run simulate -- --seed ${first?.seed ?? ''} shows it: ${first?.violations[0] ?? ''}`,
    );
    assert.equal(played.seeds, SEEDS);
    const perSecond = (count: number) => Math.round(count / played.seconds).toLocaleString('en');
    console.log(`      ${perSecond(played.seeds)} seeds and ${perSecond(played.handlerRuns)} handler runs a second`);
  });

  it('plays a seed twice in exactly the same way', async () => {
    for (const seed of [3, 64, 65, 258]) {
      const [first, second]: [string[], string[]] = [[], []];
      const played = await runSeed(seed, (line) => first.push(line));
      await runSeed(seed, (line) => second.push(line));
      assert.deepEqual(withoutDurations(first), withoutDurations(second));
      assert(played.events >= MIN_EVENTS);
    }
  });

  it('uses every fault it has', async () => {
    const lines = new Set<string>();
    for (let seed = 1; seed <= 60; seed++) await runSeed(seed, (line) => lines.add(line));
    const all = [...lines].join('\n');
    for (const fault of FAULTS) assert.match(all, fault);
  });
});

const FAULTS = [
  /\(5 copies\)/,
  /acknowledgement was lost/,
  /dies with [1-9]/,
  /its process died/,
  /the store did not answer/,
  /is aborted and runs again/,
  /the answer was lost, the client runs it again/,
  /the answer was lost, the client creates again/,
  /committed, the answer was lost$/m,
  /the bus did not answer/,
  /BigQuery did not take/,
  /BigQuery took .* the answer was lost/,
  /stopped the others/,
  /EVENT_CONFLICT/,
  /TENANT_MISMATCH/,
  /WRONG_TYPE/,
  /quarantined \(/,
  /overrun: spent/,
];

/** How long a handler took is the machine's affair. */
function withoutDurations(lines: readonly string[]): string[] {
  return lines.map((line) => line.replace(/"ms":\d+/, ''));
}
