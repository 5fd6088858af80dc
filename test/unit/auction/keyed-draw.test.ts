import assert from 'node:assert/strict';
import { drawKey, drawShare, keyedDraw } from '../../../shared/auction/keyed-draw.ts';

const DAY = 20_514;
const BINS = 64;
/** The chi-square of 63 degrees is above this once in ten million. */
const TOO_UNEVEN = 141;

function draw(listener: string, line: string, day: number): number {
  const { low, high } = drawKey(line);
  return drawShare(keyedDraw(drawKey(listener, day), low, high));
}

/** How unevenly draws from 0 to 1 fall into bins. */
function unevenness(draws: readonly number[]): number {
  const expected = draws.length / BINS;
  const counts = new Array<number>(BINS).fill(0);
  for (const one of draws) counts[Math.floor(one * BINS)] = (counts[Math.floor(one * BINS)] as number) + 1;
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
}

/** How unevenly pairs fall into the squares of a board of 8 by 8. */
function unevennessOfPairs(pairs: readonly (readonly [number, number])[]): number {
  return unevenness(pairs.map(([one, other]) => (Math.floor(one * 8) * 8 + Math.floor(other * 8) + 0.5) / BINS));
}

const many = Array.from({ length: 20_000 }, (_, index) => index);
const spellings: Record<string, (index: number) => string> = {
  'numbers in a row': (index) => String(index),
  'numbers with zeros before them': (index) => `listener-${String(index).padStart(8, '0')}`,
  'numbers that end alike': (index) => `${index}-of-the-listeners-of-sweden`,
  'hexadecimal hashes': (index) => Math.imul(index + 1, 0x9e3779b1).toString(16),
};

describe('a keyed draw', () => {
  for (const [name, spell] of Object.entries(spellings)) {
    it(`is even over listeners called by ${name}`, () => {
      assert(unevenness(many.map((index) => draw(spell(index), 'c1/s1', DAY))) < TOO_UNEVEN);
    });

    it(`is even over lines called by ${name}`, () => {
      assert(unevenness(many.map((index) => draw('listener', `c1/${spell(index)}`, DAY))) < TOO_UNEVEN);
    });

    it(`of one line says nothing of another's, for listeners called by ${name}`, () => {
      const pairs = many.map((index) => [draw(spell(index), 'c1/s1', DAY), draw(spell(index), 'c1/s2', DAY)] as const);
      assert(unevennessOfPairs(pairs) < TOO_UNEVEN);
    });

    it(`says nothing of the next day's, nor of the next listener's, called by ${name}`, () => {
      const days = many.map(
        (index) => [draw(spell(index), 'c1/s1', DAY), draw(spell(index), 'c1/s1', DAY + 1)] as const,
      );
      const listeners = many.map(
        (index) => [draw(spell(index), 'c1/s1', DAY), draw(spell(index + 1), 'c1/s1', DAY)] as const,
      );
      assert(unevennessOfPairs(days) < TOO_UNEVEN);
      assert(unevennessOfPairs(listeners) < TOO_UNEVEN);
    });
  }

  it('is even over days', () => {
    assert(unevenness(many.map((index) => draw('listener', 'c1/s1', index))) < TOO_UNEVEN);
  });

  it('is even over days of a few listeners and lines', () => {
    const draws = many.map((index) =>
      draw(`l${index % 20}`, `c/${Math.floor(index / 20) % 20}`, Math.floor(index / 400)),
    );
    assert(unevenness(draws) < TOO_UNEVEN);
  });

  it('is the same for ever: explanations are replayed years later', () => {
    const draws = [
      draw('listener-1', 'campaign/part', DAY),
      draw('listener-1', 'campaign/part', DAY + 1),
      draw('listener-2', 'campaign/part', DAY),
      draw('', '', 0),
    ];
    assert.deepEqual(draws, [0.3189724568510428, 0.318000148399733, 0.15731096651870757, 0.5500288041075692]);
  });

  it('is never 0 and never 1', () => {
    assert.equal(drawShare(0), 2 ** -33);
    assert.equal(drawShare(2 ** 32 - 1), 1 - 2 ** -33);
  });

  it('tells texts apart that begin alike, end alike, or hold the same letters', () => {
    const texts = ['', 'a', 'aa', 'ab', 'ba', 'aab', 'aba', 'baa', '\u0000', '\u0000\u0000', 'a\u0000'];
    const keys = texts.map((text) => JSON.stringify(drawKey(text)));
    assert.equal(new Set(keys).size, texts.length);
    assert.notDeepEqual(drawKey('a', 1), drawKey('a', 2));
  });
});
