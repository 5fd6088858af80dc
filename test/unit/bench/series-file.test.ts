import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../bench/forecast.ts';
import { pairSeries, parseSeries, type NamedSeries } from '../../bench/series-file.ts';
import { UsageError } from '../../bench/usage-error.ts';

const rows = (text: string) => parseSeries(text, 'file').map(({ id, values }) => [id, ...values]);

describe('Series in files', () => {
  it('may be quoted, of different lengths, with blank cells at their end and a header', () => {
    assert.deepEqual(rows('"H1","1","2.5",\nH2,3,,,\r\n\nH3,1e3,4,5'), [
      ['H1', 1, 2.5],
      ['H2', 3],
      ['H3', 1000, 4, 5],
    ]);
    assert.deepEqual(rows('id,V2,V3\na,1,NA\n'), [['a', 1]]);
  });

  it('are refused with the place of what is wrong', () => {
    for (const [text, message] of [
      ['', /^file: has no series$/],
      ['a,1\nb,\n', /row 2: b has no values/],
      ['a,1\na,2\n', /row 2: a is there a second time/],
      ['a,1\n,2\n', /row 2: the first cell must be an id/],
      ['a,1,,2\n', /row 1: value 2 of a must be a number, not ""/],
      ['a,1\nb,1,x\n', /row 2: value 2 of b must be a number, not "x"/],
      ['a,1\nb,Infinity\n', /value 1 of b must be a number/],
    ] as const) {
      assert.throws(
        () => parseSeries(text, 'file'),
        (error) => error instanceof UsageError && message.test(error.message),
      );
    }
  });

  it('belong together by their ids', () => {
    const [a, b] = parseSeries('a,1\nb,2\n', 'file') as [NamedSeries, NamedSeries];
    assert.deepEqual(
      pairSeries([a, b], [b, a]).map(({ id, test }) => [id, ...test]),
      [
        ['a', 1],
        ['b', 2],
      ],
    );
    assert.throws(() => pairSeries([a, b], [a]), /the training file has b, the test file has not/);
    assert.throws(() => pairSeries([a], [a, b]), /the test file has b, the training file has not/);
  });
});

describe('The forecast bench on files', () => {
  let folder: string;
  const path = (name: string) => join(folder, name);
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'forecast-'));
    const wave = (from: number, count: number, scale: number) =>
      Array.from(
        { length: count },
        (_, at) => scale * (10 + ((from + at) % 7) + (((from + at) * 7919) % 13) / 10),
      ).join();
    await writeFile(path('train.csv'), `a,${wave(0, 100, 1)}\n"b",${wave(0, 60, 3)},,\nflat,${'5,'.repeat(30)}\n`);
    await writeFile(path('test.csv'), `b,${wave(60, 14, 3)}\na,${wave(100, 7, 1)}\nflat,5,5\n`);
  });
  after(() => rm(folder, { recursive: true }));

  it('scores each series at its own horizon and writes what it said', async () => {
    const own = { train: path('train.csv'), test: path('test.csv'), season: '7', out: path('out.csv') };
    const { fields, figures, notes } = await run({ own });
    assert.deepEqual(Object.keys(fields ?? {}), [
      ...['series', 'smape', 'mase', 'owa', 'msis', 'coverage', 'ms', 'naive2Smape', 'naive2Mase'],
    ]);
    assert.equal(fields?.['series'], 3);
    assert((fields?.['owa'] as number) < 1.2, String(fields?.['owa']));
    assert(figures.every(({ bar }) => bar === undefined));
    assert(notes.some((note) => note.includes('1 of 3 series repeat exactly')));
    const lines = (await readFile(path('out.csv'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => line.split(','));
    assert.deepEqual(
      lines.map(([id, kind, ...values]) => [id, kind, values.length]),
      [
        ...['mean', 'lower', 'upper'].map((kind) => ['a', kind, 7]),
        ...['mean', 'lower', 'upper'].map((kind) => ['b', kind, 14]),
        ...['mean', 'lower', 'upper'].map((kind) => ['flat', kind, 2]),
      ],
    );
    assert(lines.every((cells) => cells.slice(2).every((cell) => Number(cell) >= 0)));
  });

  it('refuses options and series that make no sense', async () => {
    const [train, test] = [path('train.csv'), path('test.csv')];
    await writeFile(path('negative.csv'), 'a,1,-2,3\nb,1\nflat,1\n');
    for (const [own, message] of [
      [{ train }, /--train and --test go together/],
      [{ season: '7' }, /--season and --out go with/],
      [{ train, test, season: '0' }, /--season takes a whole number/],
      [{ train, test, season: '2.5' }, /--season takes a whole number/],
      [{ train, test, data: folder }, /--data goes without/],
      [{ train, test: path('absent.csv') }, /absent.csv: cannot be read \(ENOENT\)/],
      [{ train, test, season: '7', out: join(folder, 'no', 'out.csv') }, /cannot be written \(ENOENT\)/],
      [{ train: path('negative.csv'), test }, /^a: value 1 of a series must be 0 or more, not -2/],
      [{ data: path('absent') }, /cannot be read/],
    ] as const) {
      await assert.rejects(
        run({ own }),
        (error) => error instanceof UsageError && message.test(error.message),
        String(message),
      );
    }
  });
});
