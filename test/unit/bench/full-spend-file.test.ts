import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readQuotes } from '../../bench/full-spend-file.ts';
import { UsageError } from '../../bench/usage-error.ts';

const row = {
  supply: 100,
  errors: [0.1, -0.2],
  alpha: 2,
  beta: 98,
  clickPriceMicros: 5,
  budgetMicros: 10,
  spentInFull: 1,
};

describe('a file of settled quotes', () => {
  let folder: string;
  before(async () => (folder = await mkdtemp(join(tmpdir(), 'quotes-'))));
  after(() => rm(folder, { recursive: true }));

  const readLines = async (...lines: unknown[]) => {
    const path = join(folder, 'quotes.jsonl');
    await writeFile(path, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
    return readQuotes(path);
  };

  it('has a quote on each line that is not empty', async () => {
    const quotes = await readLines(row, '', { ...row, spentInFull: 0 }, '');
    assert.deepEqual(
      quotes.map(({ spentInFull }) => spentInFull),
      [true, false],
    );
    assert.deepEqual(quotes[0]?.errors, [{ logError: 0.1 }, { logError: -0.2 }]);
    assert.deepEqual(quotes[0]?.rate, { alpha: 2, beta: 98 });
  });

  it('takes a median of clicks for the supply that brings them', async () => {
    const [uncertain, known] = await readLines(
      { ...row, supply: undefined, medianClicks: 3 },
      { ...row, supply: undefined, alpha: undefined, beta: undefined, medianClicks: 3 },
    );
    assert.equal(uncertain?.supply, 150);
    assert.deepEqual([known?.supply, known?.rate], [3, { alpha: 1, beta: 0 }]);
  });

  it('takes errors with the period they share', async () => {
    const [quote] = await readLines({ ...row, errors: [{ logError: 0.3, period: 'w1' }, 0.2] });
    assert.deepEqual(quote?.errors, [{ logError: 0.3, period: 'w1' }, { logError: 0.2 }]);
  });

  const refused: { name: string; line: unknown; message: RegExp }[] = [
    { name: 'no JSON', line: '{', message: /line 2: is no JSON/ },
    { name: 'null', line: null, message: /line 2: supply must be a number/ },
    {
      name: 'a text for an amount',
      line: { ...row, budgetMicros: '7' },
      message: /line 2: budgetMicros must be .* not "7"/,
    },
    { name: 'a negative supply', line: { ...row, supply: -1 }, message: /line 2: supply must be .* not -1/ },
    { name: 'half a rate', line: { ...row, beta: undefined }, message: /line 2: beta must be .* not nothing/ },
    { name: 'an outcome that is none', line: { ...row, spentInFull: 2 }, message: /spentInFull must be 0 or 1, not 2/ },
    { name: 'errors that are no list', line: { ...row, errors: 3 }, message: /errors must be an array/ },
    { name: 'an error that is a text', line: { ...row, errors: ['x'] }, message: /an error must be a number/ },
  ];
  for (const { name, line, message } of refused) {
    it(`is refused with ${name}, by line`, async () => {
      await assert.rejects(readLines(row, line === null ? 'null' : line), (error) => {
        assert(error instanceof UsageError);
        assert.match(error.message, message);
        return true;
      });
    });
  }

  it('is refused empty, and where there is none', async () => {
    await assert.rejects(readLines(''), /there is no quote/);
    await assert.rejects(readQuotes(join(folder, 'none')), /cannot be read \(ENOENT\)/);
  });
});
