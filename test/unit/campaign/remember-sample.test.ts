import assert from 'node:assert/strict';
import { rememberSample } from '../../../shared/campaign/remember-sample.ts';
import { MAX_SAMPLE, MAX_SAMPLE_CELLS } from '../../../shared/contracts/documents.ts';
import type { SupplyObserved } from '../../../shared/contracts/outcomes.ts';
import { START_MS, TICK_MS } from '../../support/instants.ts';

function observed(...requests: [segment: string, responseMultiplier: number][]): SupplyObserved {
  return {
    type: 'supply-observed',
    tenantId: 'andante',
    market: 'SE',
    group: 'g1',
    windowStartAtMs: START_MS,
    windowEndAtMs: START_MS + TICK_MS,
    opportunities: [],
    sample: requests.map(([segment, responseMultiplier]) => ({ segment, surface: 'home', responseMultiplier })),
  };
}

describe('the sample a market remembers', () => {
  it('is what was, until something new was sampled', () => {
    assert.equal(rememberSample(undefined, [observed()]), undefined);
    const known = rememberSample(undefined, [observed(['fan', 1])]);
    assert.equal(rememberSample(known, []), known);
  });

  it('names each cell once, and keeps three digits of a response', () => {
    assert.deepEqual(rememberSample(undefined, [observed(['fan', 1], ['casual', 0.12345]), observed(['fan', 2])]), {
      cells: [
        { segment: 'fan', surface: 'home' },
        { segment: 'casual', surface: 'home' },
      ],
      cell: [0, 1, 0],
      responseMultiplier: [1, 0.123, 2],
    });
  });

  it('keeps what was offered for each request, from the first offer on', () => {
    const known = rememberSample(undefined, [observed(['fan', 1])]);
    assert.equal(known?.offerCpmMicros, undefined);
    const [request] = observed(['fan', 2]).sample;
    const offered = { ...observed(), sample: [{ ...request!, offerCpmMicros: 900 }] };
    assert.deepEqual(rememberSample(known, [offered])?.offerCpmMicros, [0, 900]);
    assert.deepEqual(
      rememberSample(rememberSample(known, [offered]), [observed(['fan', 3])])?.offerCpmMicros,
      [0, 900, 0],
    );
  });

  it('forgets the oldest requests, and cells that nobody comes from any more', () => {
    const many = Array.from({ length: MAX_SAMPLE }, (_, index): [string, number] => ['casual', index % 1000]);
    const first = rememberSample(undefined, [observed(['fan', 7])]);
    const full = rememberSample(first, [observed(...many)]);
    assert.deepEqual([full?.cells.length, full?.cell.length, full?.responseMultiplier[0]], [1, MAX_SAMPLE, 0]);
    const later = rememberSample(full, [observed(['new', 3])]);
    assert.deepEqual(
      [later?.cells.length, later?.cell.length, later?.responseMultiplier[0], later?.responseMultiplier.at(-1)],
      [2, MAX_SAMPLE, 1, 3],
    );
  });

  it('keeps no more cells than a market can be read with, those that were seen last', () => {
    const invented = Array.from({ length: MAX_SAMPLE_CELLS + 1 }, (_, index): [string, number] => [`s${index}`, 1]);
    const known = rememberSample(undefined, [observed(['s1', 7], ...invented, ['s0', 2])]);
    const names = known?.cells.map(({ segment }) => segment);
    assert.deepEqual([names?.length, names?.includes('s0'), names?.includes('s1')], [MAX_SAMPLE_CELLS, true, false]);
    assert.deepEqual([known?.cell.length, known?.responseMultiplier.at(-1)], [MAX_SAMPLE_CELLS + 1, 2]);
  });
});
