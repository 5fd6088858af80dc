import assert from 'node:assert/strict';
import { compilePlan, lineOf, type CompiledPlan } from '../../../shared/auction/compile-plan.ts';
import { decideOpportunity } from '../../../shared/auction/decide-opportunity.ts';
import { NOON_AT_MS, smallLine, smallPlan, smallRequest } from './small-plans.ts';

function namesIn({ cellStart, cellLine, lines }: CompiledPlan, cell: number): string[] {
  return Array.from(
    cellLine.subarray(cellStart[cell], cellStart[cell + 1]),
    (line) => lines.source[line]?.campaignId ?? '',
  );
}

describe('a compiled plan', () => {
  it('has the lines of each cell in the order of the plan, each once', () => {
    const plan = smallPlan([
      smallLine('c1', { segments: ['rock', 'jazz', 'rock'], surfaces: ['home', 'home'] }),
      smallLine('c2', { segments: ['opera'] }),
      smallLine('c3', { segments: ['jazz'], surfaces: ['search', 'home'] }),
    ]);
    plan.response = [
      { segment: 'jazz', surface: 'home', clickPpm: 1 },
      { segment: 'rock', surface: 'home', clickPpm: 2 },
      { segment: 'rock', surface: 'search', clickPpm: 3 },
    ];
    const compiled = compilePlan(plan, 'hash', 'north');
    assert.deepEqual(
      [0, 1, 2].map((cell) => namesIn(compiled, cell)),
      [['c1', 'c3'], ['c1'], []],
    );
  });

  it('takes the first of two cells of one name', () => {
    const plan = smallPlan([smallLine('c1')]);
    plan.response.push({ segment: 'rock', surface: 'home', clickPpm: 40_000 });
    const { awards } = decideOpportunity(compilePlan(plan, 'hash', 'north'), smallRequest());
    assert.equal(awards[0]?.chargeMicros, 5_000);
  });

  it('finds a line by its names, also where campaigns share names of parts', () => {
    const { lines } = compilePlan(
      smallPlan([smallLine('c1'), smallLine('c2'), smallLine('c1', { subcampaignId: 's2' })]),
      'hash',
      'north',
    );
    const places = ['c1/s1', 'c2/s1', 'c1/s2', 'c2/s2', 'c3/s1'].map((name) => {
      const [campaignId, subcampaignId] = name.split('/') as [string, string];
      return lineOf(lines, { campaignId, subcampaignId });
    });
    assert.deepEqual(places, [0, 1, 2, -1, -1]);
  });

  it('says what its group may charge to each line, and until when', () => {
    const lease = { group: 'north', grantedMicros: 9, returnedMicros: 4, spendUntilAtMs: NOON_AT_MS + 5 };
    const { lines } = compilePlan(
      smallPlan([
        smallLine('c1', { leases: [lease, { ...lease, group: 'south', grantedMicros: 99 }] }),
        smallLine('c2', { leases: [lease, { ...lease, spendUntilAtMs: NOON_AT_MS + 9 }] }),
        smallLine('c3', { leases: [{ ...lease, returnedMicros: 9 }] }),
        smallLine('c4', { leases: [] }),
      ]),
      'hash',
      'north',
    );
    assert.deepEqual([...lines.leaseMicros], [5, 10, 0, 0]);
    assert.deepEqual([...lines.spendUntilAtMs], [NOON_AT_MS + 5, NOON_AT_MS + 9, 0, 0]);
  });

  it('of 500 cells and 3,200 lines in all of them decides', () => {
    const segments = Array.from({ length: 20 }, (_, index) => `segment-${index}`);
    const surfaces = Array.from({ length: 10 }, (_, index) => `surface-${index}`);
    const plan = smallPlan(
      Array.from({ length: 3_200 }, (_, index) =>
        smallLine(`c${index}`, { segments, surfaces, worth: 1 + index / 100 }),
      ),
    );
    plan.response = Array.from({ length: 500 }, (_, cell) => ({
      segment: `segment-${cell % 50}`,
      surface: `surface-${Math.floor(cell / 50)}`,
      clickPpm: 20_000,
    }));
    const compiled = compilePlan(plan, 'hash', 'north');
    const asked = smallRequest({ segment: 'segment-19', surface: 'surface-9', explain: true });
    const { awards, explanation } = decideOpportunity(compiled, asked);
    assert.equal(awards[0]?.code, 'WORTH_MOST');
    const scores = explanation?.candidates.map(({ score }) => score) ?? [];
    assert.equal(scores.length, 3_200);
    assert.equal(awards[0].campaignId, `c${scores.indexOf(Math.max(...scores))}`);
    const none = decideOpportunity(compiled, { ...asked, segment: 'segment-20' });
    assert.deepEqual(none.explanation?.candidates, []);
  });
});
