import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fitExposures, readExposures } from '../../bench/reach-file.ts';
import { UsageError } from '../../bench/usage-error.ts';

describe('a file of exposures', () => {
  let dir: string;
  beforeEach(async () => (dir = await mkdtemp(join(tmpdir(), 'exposures-'))));
  afterEach(() => rm(dir, { recursive: true }));

  const written = async (text: string) => {
    const path = join(dir, 'table.csv');
    await writeFile(path, text);
    return path;
  };

  it('is read below its heading or without one, in any order', async () => {
    const table = { exposures: [0, 1, 4], people: [7, 3, 1] };
    assert.deepEqual(await readExposures(await written('EXPOSURES,PEOPLE\n0,7\n1,3\n4,1\n')), table);
    assert.deepEqual(await readExposures(await written('4, 1\r\n0, 7\r\n\r\n1, 3')), table);
  });

  it('gives the fits with what they are of', async () => {
    const fit = fitExposures(await readExposures(await written('0,50\n1,30\n2,20\n')));
    assert.equal(fit.people, 100);
    assert.equal(fit.exposures, 70);
    assert.equal(fit.reach, 0.5);
    const poisson = 50 * -0.7 + 30 * (Math.log(0.7) - 0.7) + 20 * (2 * Math.log(0.7) - 0.7 - Math.LN2);
    assert(Math.abs(fit.poissonLogLikelihood - poisson) < 1e-9);
    assert(fit.nbdLogLikelihood >= fit.poissonLogLikelihood - 1e-3);
    assert(fit.mixtureLogLikelihood >= fit.nbdLogLikelihood - 0.1);
  });

  const wrong: [name: string, text: string, message: RegExp][] = [
    ['a line that is none', '0,7\n1\n', /table.csv: line 2 is not exposures,people/],
    ['words among the numbers', '0,7\n1,many\n', /line 2 is not/],
    ['a cell that is empty', '0,7\n1,\n', /line 2 is not/],
    ['negative people', '0,7\n1,-3\n', /table.csv: bin 1 has -3 listeners/],
    ['one number twice', '1,7\n1,3\n', /bin 1 is of 1 slots/],
    ['nobody exposed', '0,7\n', /nobody was exposed/],
    ['nothing', '', /nobody was exposed/],
  ];
  for (const [name, text, message] of wrong) {
    it(`is refused with ${name}`, async () => {
      const path = await written(text);
      await assert.rejects(
        readExposures(path),
        (error: Error) => error instanceof UsageError && message.test(error.message),
      );
    });
  }

  it('is refused when it is not there', async () => {
    await assert.rejects(readExposures(join(dir, 'none.csv')), /none.csv: cannot be read \(ENOENT\)/);
  });
});
