import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { median } from '../../bench/median.ts';

const script = resolve(import.meta.dirname, '../../bench/bench.ts');

function bench(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('npm run bench', () => {
  it('lists the benches without a name, and for --help', () => {
    const { status, stdout } = bench();
    assert.equal(status, 0);
    for (const name of ['events', 'tick-cost', 'coldstart', 'hostile'])
      assert.match(stdout, new RegExp(`^ {2}${name} `, 'm'));
    assert.deepEqual(bench('events', '--help'), { status: 0, stdout, stderr: '' });
  });

  const refused: { name: string; args: string[]; message: RegExp }[] = [
    {
      name: 'a bench that is not there',
      args: ['event'],
      message: /there is no bench event; there are events, tick-cost/,
    },
    { name: 'a name that every object has', args: ['constructor'], message: /there is no bench constructor/ },
    {
      name: 'two benches at a time',
      args: ['events', 'coldstart'],
      message: /one bench at a time: coldstart is too much/,
    },
    { name: 'an option that is not there', args: ['events', '--fast'], message: /--fast/ },
    {
      name: 'no rounds',
      args: ['events', '--rounds', '0'],
      message: /--rounds takes a whole number from 1 to 100, not 0/,
    },
    { name: 'half a round', args: ['events', '--rounds', '1.5'], message: /not 1.5/ },
    {
      name: 'rounds where nothing is timed',
      args: ['tick-cost', '--rounds', '3'],
      message: /tick-cost counts, it takes no rounds/,
    },
  ];
  for (const { name, args, message } of refused) {
    it(`refuses ${name} with exit code 2`, () => {
      const { status, stdout, stderr } = bench(...args);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, message);
    });
  }
});

describe('the median', () => {
  it('is the middle one, the mean of the two in the middle, and nothing of nothing', () => {
    assert.deepEqual([median([9, 1, 2]), median([4, 1, 2, 100]), median([5]), median([])], [2, 3, 5, NaN]);
  });

  it('leaves what it was given in its order', () => {
    const values = [3, 1, 2];
    median(values);
    assert.deepEqual(values, [3, 1, 2]);
  });
});
