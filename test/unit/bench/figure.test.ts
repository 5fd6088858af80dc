import assert from 'node:assert/strict';
import { exitCodeOf, formatFigures, formatNumber, isMissed, toJson, type Figure } from '../../bench/figure.ts';

const ratio: Figure = { name: 'ours beside bare', measured: 0.98, unit: 'ratio', bar: { atLeast: 0.7 } };
const reads: Figure = { name: 'reads', measured: 3, unit: 'documents', bar: { atMost: 2 } };
const plain: Figure = { name: 'rows', measured: 12, unit: 'per tick' };

describe('a figure', () => {
  const cases: { name: string; figure: Figure; missed: boolean }[] = [
    { name: 'at the bar from below reaches it', figure: { ...reads, measured: 2 }, missed: false },
    { name: 'above what it may be at most misses', figure: reads, missed: true },
    { name: 'at the bar from above reaches it', figure: { ...ratio, measured: 0.7 }, missed: false },
    { name: 'below what it must be at least misses', figure: { ...ratio, measured: 0.699 }, missed: true },
    { name: 'that is no number misses', figure: { ...ratio, measured: NaN }, missed: true },
    { name: 'that is no number misses a ceiling too', figure: { ...reads, measured: NaN }, missed: true },
    { name: 'without a bar misses nothing', figure: plain, missed: false },
  ];
  for (const { name, figure, missed } of cases) it(name, () => assert.equal(isMissed(figure), missed));

  it('is printed in columns, beside its bar and its verdict', () => {
    assert.equal(
      formatFigures([ratio, reads, plain]),
      [
        'figure            measured  unit       bar',
        'ours beside bare    0.9800  ratio      >= 0.7000  ok',
        'reads                    3  documents  <= 2       MISSED',
        'rows                    12  per tick',
      ].join('\n'),
    );
  });

  it('is printed with four digits that matter and no exponent', () => {
    const values = [0, 3, 640, 0.98, 101.25, 1234.5, 0.00012349, 0.000000012345, NaN, Infinity];
    const printed = ['0', '3', '640', '0.9800', '101.3', '1235', '0.0001235', '0.00000001', 'NaN', 'Infinity'];
    assert.deepEqual(values.map(formatNumber), printed);
  });
});

describe('a result', () => {
  it('makes the exit code 1 as soon as one figure misses', () => {
    assert.deepEqual([exitCodeOf([]), exitCodeOf([ratio, plain]), exitCodeOf([ratio, reads, plain])], [0, 0, 1]);
  });

  it('names in JSON what was missed, where, and under which assumptions', () => {
    const machine = { cores: 2, cpu: 'cpu', platform: 'linux-x64', node: 'v24.0.0' };
    assert.deepEqual(toJson('events', { figures: [ratio, reads, plain], notes: ['why'] }, machine), {
      bench: 'events',
      ok: false,
      missed: ['reads'],
      figures: [{ ...ratio, ok: true }, { ...reads, ok: false }, plain],
      notes: ['why'],
      machine,
    });
  });
});
