import assert from 'node:assert/strict';
import { findPatterns, patternsOf, slowestMs } from '../../hostile/patterns.ts';

describe('finding patterns', () => {
  it('finds the literals of a file and where they are', () => {
    const text = "const a = /a\\/b[/]/gi;\nconst b = x / y / z; // no /pattern/\nnew RegExp('^c+$', 'u'); RegExp(`d`);";
    assert.deepEqual(
      patternsOf('x.ts', text).map(({ source, flags, where }) => [source, flags, where]),
      [
        ['a\\/b[/]', 'gi', 'x.ts:1'],
        ['^c+$', 'u', 'x.ts:3'],
        ['d', '', 'x.ts:3'],
      ],
    );
  });

  it('refuses one that is put together at run time', () => {
    assert.throws(() => patternsOf('x.ts', 'new RegExp(`a${b}`)'), /x\.ts:1: a RegExp is made of literals/);
  });

  it('finds those of the code and those of the contracts', async () => {
    const patterns = await findPatterns();
    const from = (file: string) => patterns.filter(({ where }) => where.startsWith(file)).length;
    assert(from('shared/contracts/validators.generated.js') >= 5 && from('shared/contracts/config.generated.js') >= 3);
    for (const file of ['shared/runtime/envelope.ts', 'functions/plan/handler.ts']) assert(from(file) >= 1, file);
  });
});

describe('measuring a pattern', () => {
  const slow = ['(a+)+$', '=+$', '(x|xx)+y', '[0-9]+-$'];
  for (const source of slow) {
    it(`finds text that /${source}/ is slow over`, () => {
      assert(slowestMs({ source, flags: '' }, 5) > 5);
    });
  }

  it('finds none where there is none', () => {
    assert(slowestMs({ source: '^[a-z]{1,40}$', flags: '' }, 100) < 100);
  });
});
