import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { readInstance } from '../../bench/allocation-file.ts';
import { UsageError } from '../../bench/usage-error.ts';

const script = resolve(import.meta.dirname, '../../bench/bench.ts');
const instance = {
  cells: [
    { id: 'a', supply: 100 },
    { id: 'b', supply: 10 },
  ],
  lines: [
    { id: 'cheap', demand: 60, price: 1 },
    { id: 'dear', demand: 80, price: 2 },
  ],
  edges: [
    [0, 1],
    ['a', 'cheap', null, 1.5],
    [1, 0, 2, null, 3],
  ] as unknown[],
};

let dir: string;
before(async () => void (dir = await mkdtemp(join(tmpdir(), 'andante-allocation-'))));
after(() => rm(dir, { recursive: true }));

async function fileOf(content: unknown): Promise<string> {
  const path = join(dir, 'instance.json');
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('an instance file', () => {
  it('names cells and lines by index or id, and leaves out what is usual', async () => {
    const { problem, lineIds } = await readInstance(await fileOf(instance));
    assert.deepEqual(lineIds, ['cheap', 'dear']);
    assert.deepEqual([...problem.edgePosition], [2, 0, 1]);
    assert.deepEqual([...problem.edgeCell], [0, 1, 0]);
    assert.deepEqual([...problem.use], [1, 2, 1]);
    assert.deepEqual([...problem.worth], [1.5, 1, 2]);
    assert.deepEqual([...problem.cap], [Infinity, 3, Infinity]);
  });

  it('may be empty', async () => {
    const { problem } = await readInstance(await fileOf({ cells: [], lines: [], edges: [] }));
    assert.deepEqual([problem.supply.length, problem.demand.length, problem.edgeCell.length], [0, 0, 0]);
  });

  const refused: { name: string; content: unknown; message: RegExp }[] = [
    { name: 'no JSON', content: '{', message: /instance\.json: is no JSON/ },
    { name: 'null', content: 'null', message: /cells must be an array/ },
    { name: 'no lines', content: { ...instance, lines: undefined }, message: /lines must be an array/ },
    { name: 'a cell that is no object', content: { ...instance, cells: [3] }, message: /cells\[0\] must be an object/ },
    {
      name: 'a cell without supply',
      content: { ...instance, cells: [{ id: 'a' }] },
      message: /cells\[0\]\.supply must be a number, not nothing/,
    },
    {
      name: 'a demand in words',
      content: { ...instance, lines: [{ id: 1, demand: 'much' }] },
      message: /lines\[0\]\.demand must be a number, not "much"/,
    },
    {
      name: 'a negative supply',
      content: { ...instance, cells: [{ id: 'a', supply: -1 }, { supply: 1 }] },
      message: /supply of cell 0 .* not -1/,
    },
    {
      name: 'an id twice',
      content: {
        ...instance,
        cells: [
          { id: 'a', supply: 1 },
          { id: 'a', supply: 1 },
        ],
      },
      message: /cells\[1\] has the id a a second time/,
    },
    {
      name: 'an edge that is no array',
      content: { ...instance, edges: [{}] },
      message: /edges\[0\] must be \[cell, line/,
    },
    { name: 'an edge too long', content: { ...instance, edges: [[0, 0, 1, 1, 1, 1]] }, message: /edges\[0\] must be/ },
    {
      name: 'an unknown id',
      content: { ...instance, edges: [['c', 0]] },
      message: /the cell of edges\[0\] must be an index or a known id, not "c"/,
    },
    {
      name: 'an index too large',
      content: { ...instance, edges: [[0, 2]] },
      message: /line of edge 0 must be one of 2/,
    },
    { name: 'a use of 0', content: { ...instance, edges: [[0, 0, 0]] }, message: /use of edge 0/ },
    { name: 'a worth in words', content: { ...instance, edges: [[0, 0, 1, 'x']] }, message: /the worth of edges\[0\]/ },
  ];
  for (const { name, content, message } of refused) {
    it(`is refused with ${name}`, async () => {
      const path = await fileOf(content);
      await assert.rejects(readInstance(path), (error) => error instanceof UsageError && message.test(error.message));
    });
  }

  it('is refused when it is not there', async () => {
    await assert.rejects(readInstance(join(dir, 'none.json')), /none\.json: cannot be read \(ENOENT\)/);
  });
});

describe('npm run bench -- allocation --instance', () => {
  function bench(...args: string[]) {
    return spawnSync(process.execPath, [script, 'allocation', ...args], { encoding: 'utf8' });
  }

  it('prints the fields at the top of one JSON object, and writes the plan in the order of the file', async () => {
    const out = join(dir, 'plan.json');
    const { status, stdout, stderr } = bench(
      '--instance',
      await fileOf(instance),
      '--out',
      out,
      '--rounds',
      '1',
      '--json',
    );
    assert.equal(status, 0, stderr);
    const fields = JSON.parse(stdout.trim().split('\n').at(-1) as string) as Record<string, number>;
    for (const field of [
      'value',
      'lpValue',
      'valueOverLp',
      'ms',
      'highsMs',
      'speedup',
      'maxCellOverfill',
      'starvedShare',
    ]) {
      assert.equal(typeof fields[field], 'number', field);
    }
    assert(Math.abs((fields['lpValue'] as number) - 193) < 1e-4, `${fields['lpValue']}`);
    assert((fields['valueOverLp'] as number) > 0.9995);
    const { y } = JSON.parse(await readFile(out, 'utf8')) as { y: number[] };
    [80, 20, 3].forEach((units, edge) => assert(Math.abs((y[edge] as number) - units) < 0.05, `${y[edge]}`));
  }).timeout(20_000);

  it('starts from the prices of another instance, and tells the cold time beside', async () => {
    const path = await fileOf(instance);
    const { status, stdout } = bench('--instance', path, '--warm', path, '--rounds', '1', '--json', '--fairness');
    assert.equal(status, 0);
    const fields = JSON.parse(stdout.trim().split('\n').at(-1) as string) as Record<string, number>;
    assert.equal(typeof fields['coldMs'], 'number');
  }).timeout(20_000);

  it('exits 2 for a file that is not there, for options without an instance, and for those of another bench', () => {
    for (const [args, message] of [
      [['--instance', '/nowhere.json'], /nowhere\.json: cannot be read/],
      [['--fairness'], /--fairness goes with --instance/],
      [['--instance'], /--instance/],
    ] as const) {
      const { status, stdout, stderr } = bench(...args);
      assert.deepEqual([status, stdout], [2, '']);
      assert.match(stderr, message);
    }
    const other = spawnSync(process.execPath, [script, 'tick-cost', '--instance', 'x'], { encoding: 'utf8' });
    assert.equal(other.status, 2);
    assert.match(other.stderr, /--instance is no option of tick-cost/);
  }).timeout(20_000);
});
