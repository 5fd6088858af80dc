import assert from 'node:assert/strict';
import { createDecisionHandler } from '../../../functions/decision/handler.ts';
import type { DecisionRequestWire } from '../../../shared/contracts/decision.ts';
import { formatInstant } from '../../../shared/contracts/instants.ts';
import type { Plan } from '../../../shared/contracts/plan.ts';
import { refs } from '../../../shared/store/allocation-store.ts';
import { START_MS, TICK_MS } from '../../support/instants.ts';
import { planLine, storedPlan } from '../../support/plans.ts';
import { seededStore } from '../../support/stores.ts';
import { createCommandLine } from './command-line.ts';

const request: DecisionRequestWire = {
  requestId: 'q1',
  market: 'SE',
  segment: 'casual',
  surface: 'home',
  at: formatInstant(START_MS),
  listener: { id: 'l1', artistIds: ['a2'] },
  slots: 2,
  offers: [{ offerId: 'o1', buyer: 'b1', cpmMicros: 2_500_000 }],
};
const auction = { version: 1, positions: [1, 0.5], floors: [{ cpmMicros: 1_000_000 }], adjustments: [] };
const own: Partial<Plan> = {
  auction: { ...auction, pricing: 'second', explorationShare: 0, artistSeparation: 1 },
  lines: [planLine(), planLine({ campaignId: 'c2', artistId: 'a2' }), planLine({ campaignId: 'c3', price: 0.95 })],
};
const { hash, body: published } = storedPlan(own);

async function world(wire: Partial<DecisionRequestWire> = {}, stored = storedPlan(own)) {
  const store = await seededStore();
  await store.transact(async (transaction) => transaction.set(refs.plan('SE'), stored));
  const commandLine = createCommandLine({ store });
  commandLine.state.inputs.set('q.json', JSON.stringify({ ...request, ...wire }, null, 2));
  commandLine.state.inputs.set('plan.json', JSON.stringify(JSON.parse(published), null, 2));
  const door = createDecisionHandler({
    store,
    authenticateGroup: async () => 'g1',
    log: { info() {}, warn() {}, error() {}, critical() {} },
    clock: () => START_MS,
    tickIntervalMs: TICK_MS,
    virtualTime: false,
  });
  const served = async () => {
    const headers = { 'content-type': 'application/json' };
    const body = Buffer.from(JSON.stringify({ ...request, ...wire }));
    return (await door({ method: 'POST', path: '/v1/decisions', headers, body })).body as string;
  };
  return { ...commandLine, served };
}

describe('andante decide', () => {
  it('says who won each slot and why, and how every line of the cell was judged', async () => {
    const { run } = await world();
    const { exit, stdout, stderr } = await run(['decide', 'q.json']);
    assert.equal(exit, 0, stderr);
    const lines = stdout.split('\n');
    assert.equal(lines[0], 'request q1: casual on home in SE at 2026-03-02T00:00:00Z, asked by g1');
    assert.equal(lines[1], `plan version 1, ${hash.slice(0, 12)}, valid until 2026-03-02T00:15:00Z`);
    assert.equal(lines[2], 'floor 1 a thousand; the house scores 0.00');
    assert.equal(lines[3], 'slot 1: c1/s1, WORTH_MOST: charged 0.01, 0.5 a click');
    assert.equal(lines[4], 'slot 2: offer o1, OFFER_WORTH_MOST: pays 1 a thousand');
    assert.match(stdout, /^c1\/s1 +10000\.00 +0\.0000 +10000\.00 +0\.\d{6} +\d+\.\d\d +shown$/m);
    assert.match(stdout, /^c2\/s1 .* SAME_ARTIST$/m);
    assert.match(stdout, /^c3\/s1 +10000\.00 +0\.9500 +500\.00 .* BELOW_FLOOR$/m);
    assert.match(stdout, /^o1 +b1 +2\.5 +2\.5$/m);
  });

  for (const { name, wire } of [
    { name: 'explained', wire: { explain: true as const } },
    { name: 'as it was asked', wire: {} },
    { name: 'by its plan alone', wire: { planHash: hash } },
    { name: 'under a stale plan', wire: { at: formatInstant(START_MS + 4 * TICK_MS), explain: true as const } },
    { name: 'where no line is for', wire: { segment: 'nowhere', explain: true as const } },
  ]) {
    it(`prints the decision ${name} as the function answers it, from the stored plan and from a saved one`, async () => {
      const { run, served } = await world(wire);
      const expected = await served();
      for (const plan of [[], ['--plan', 'plan.json']]) {
        const { exit, stdout } = await run(['decide', 'q.json', '--json', ...plan]);
        assert.deepEqual([exit, stdout], [0, `${expected}\n`]);
      }
    });
  }

  it('connects to nothing for a saved plan', async () => {
    const { run, state } = await world();
    assert.equal((await run(['decide', 'q.json', '--plan', 'plan.json'])).exit, 0);
    assert.equal(state.opened, 0);
  });

  it('says that a plan is stale, and that a listener’s segment is in no cell', async () => {
    const { run } = await world({ at: formatInstant(START_MS + 4 * TICK_MS), segment: 'nowhere' });
    const { stdout } = await run(['decide', 'q.json']);
    assert.match(stdout, /; stale: fallback shares$/m);
    assert.match(stdout, /^no line of the plan is for this segment and surface$/m);
  });

  it('asks who asks where several groups have leases', async () => {
    const spendUntilAtMs = START_MS + 6 * TICK_MS;
    const leases = ['g2', 'g1'].map((group) => ({ group, grantedMicros: 1, returnedMicros: 0, spendUntilAtMs }));
    const { run } = await world(
      {},
      storedPlan({ lines: [planLine({ leases: leases.slice(0, 1) }), planLine({ campaignId: 'c2', leases })] }),
    );
    const asked = await run(['decide', 'q.json']);
    assert.deepEqual([asked.exit, asked.stderr.split('\n').at(-2)], [2, '--group says who asks: g1, g2 have leases']);
    const { stdout } = await run(['decide', 'q.json', '--group', 'g1']);
    assert.match(stdout, /^c1\/s1 .* NO_LEASE$/m);
  });

  const wrong: { name: string; argv: string[]; exit: number; message: RegExp; wire?: Partial<DecisionRequestWire> }[] =
    [
      { name: 'no file', argv: [], exit: 2, message: /takes one file/ },
      { name: 'two files', argv: ['q.json', 'q.json'], exit: 2, message: /takes one file/ },
      { name: 'a file that is not there', argv: ['x.json'], exit: 2, message: /x\.json cannot be read/ },
      { name: 'a request that is none', argv: ['plan.json'], exit: 2, message: /plan\.json: INVALID_REQUEST: / },
      {
        name: 'a plan that is none',
        argv: ['q.json', '--plan', 'q.json'],
        exit: 2,
        message: /q\.json: STORED_DOCUMENT_INVALID: the plan/,
      },
      { name: 'a group that is none', argv: ['q.json', '--group', '../x'], exit: 2, message: /a group is expected/ },
      { name: 'an unknown market', argv: ['q.json'], wire: { market: 'SX' }, exit: 1, message: /did you mean SE\?/ },
      {
        name: 'a plan of another market',
        argv: ['q.json', '--plan', 'plan.json'],
        wire: { market: 'NO' },
        exit: 2,
        message: /the plan is of market SE, the request of NO/,
      },
      {
        name: 'a plan that the request does not mean',
        argv: ['q.json'],
        wire: { planHash: '0'.repeat(64) },
        exit: 1,
        message: /^PLAN_MISMATCH: the plan of SE is version 1, [0-9a-f]{64}$/m,
      },
    ];
  for (const { name, argv, wire = {}, exit, message } of wrong) {
    it(`answers ${name} with ${exit}`, async () => {
      const { run } = await world(wire);
      const ran = await run(['decide', ...argv]);
      assert.equal(ran.exit, exit);
      assert.match(`${ran.stdout}${ran.stderr}`, message);
    });
  }
});
