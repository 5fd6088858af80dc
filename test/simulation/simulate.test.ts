import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';

const program = resolve(import.meta.dirname, 'simulate.ts');

describe('npm run simulate', function () {
  this.timeout(60_000);

  it('says how many seeds kept every promise, as a sentence and as JSON', async () => {
    const { code, stdout } = await run('--seeds', '40', '--json');
    assert.equal(code, 0);
    const lines = stdout.trim().split('\n');
    const result = JSON.parse(lines.at(-1) as string) as Record<string, unknown>;
    const { seeds, violations, failures } = result;
    assert.deepEqual({ seeds, violations, failures }, { seeds: 40, violations: 0, failures: [] });
    for (const name of ['events', 'handlerRuns', 'seedsPerSecond', 'handlerRunsPerSecond'])
      assert(Number.isInteger(result[name]) && (result[name] as number) > 0, name);
    assert.match(lines[0] as string, /^40 seeds, .*: every promise held$/);
  });

  it('plays one seed alone and tells all that happens', async () => {
    const { code, stdout } = await run('--seed', '5');
    assert.equal(code, 0);
    assert.match(stdout, /^m1 created:\S+ published of t[12] /m);
    assert.match(stdout, /^ {2}commit: .*tick:M1:\d+ applied/m);
    assert.match(stdout, /seed 5: \d+ events, \d+ handler runs, every promise held\n$/);
  });

  it('exits 1 with the seed and the command that shows it when a promise is broken', async () => {
    const { code, stdout } = await run('--bug', 'billed-above-budget');
    assert.equal(code, 1);
    const [, seed] = /^seed (\d+): invariant 1: .* was billed /m.exec(stdout) ?? [];
    assert(seed);
    assert(stdout.includes(`npm run simulate -- --seed ${seed} --bug billed-above-budget`));
    const alone = await run('--seed', seed, '--bug', 'billed-above-budget');
    assert.equal(alone.code, 1);
    assert.match(alone.stdout, /^BROKEN invariant 1: /m);
  });

  it('lists the bugs', async () => {
    const { code, stdout } = await run('--list-bugs');
    assert.equal(code, 0);
    assert.match(stdout, /^split-loses-a-micro +what rounding leaves/m);
  });

  it('exits 2 for arguments that make no sense, and says which', async () => {
    for (const [args, complaint] of [
      [['--seeds', 'many'], '--seeds takes a whole number from 1, not many'],
      [['--bug', 'none'], 'there is no bug none: --list-bugs says which there are'],
      [['--seed', '1', '--seeds', '2'], '--seed plays one seed: it takes neither --seeds nor --from'],
      [['--sed', '1'], "Unknown option '--sed'"],
    ] as const) {
      const { code, stderr } = await run(...args);
      assert.equal(code, 2);
      assert(stderr.startsWith(complaint), stderr);
    }
  });
});

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((done) => {
    execFile(process.execPath, [program, ...args], { maxBuffer: 2 ** 26 }, (error, stdout, stderr) =>
      done({ code: typeof error?.code === 'number' ? error.code : 0, stdout, stderr }),
    );
  });
}
