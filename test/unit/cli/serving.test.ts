import assert from 'node:assert/strict';
import { refs } from '../../../shared/store/allocation-store.ts';
import { createCommandLine } from './command-line.ts';

const told = {
  pricing: 'first',
  positions: [1, 0.8],
  floors: [{ surface: 'home', cpmMicros: 900_000 }],
  fullScreenPerDay: 3,
  creatives: [{ creativeId: 'v1', status: 'pending' }],
  overrides: [{ campaignId: 'c1', kind: 'price', price: 0.5, untilAt: '2026-12-01T00:00:00Z', reason: 'a trial' }],
};

function world(text = JSON.stringify(told)) {
  const commandLine = createCommandLine();
  commandLine.state.inputs.set('told.json', text);
  const stored = async () => (await commandLine.ports.store.read([refs.market('DK')]))[0]?.serving;
  return { ...commandLine, stored };
}

const FREEZE = ['--until', '2026-12-01T00:00:00Z', '--reason', 'a complaint'];

describe('andante serving', () => {
  it('sets how a market is served, raises the version each time, and shows the same afterwards', async () => {
    const { run, stored } = world();
    const written = await run(['serving', 'DK', 'told.json']);
    assert.equal(written.exit, 0, written.stderr);
    assert.match(written.stdout, /market DK, version 1: first price, positions 1 0\.8, 1 floors/);
    assert.match(written.stdout, /c1: price 0\.5 until 2026-12-01.* \(a trial\)/);
    await run(['serving', 'DK', 'told.json']);
    assert.equal((await stored())?.version, 2);
    const shown = (await run(['serving', 'DK', '--json'])).json();
    assert.deepEqual([shown['version'], shown['fullScreenPerDay']], [2, 3]);
    assert.equal((shown['overrides'] as { untilAt: string }[])[0]?.untilAt, '2026-12-01T00:00:00.000Z');
  });

  it('replaces all of it: what is left out is as if never set', async () => {
    const { run, state, stored } = world();
    await run(['serving', 'DK', 'told.json']);
    state.inputs.set('told.json', '{"positions": [1, 0.5]}');
    assert.equal((await run(['serving', 'DK', 'told.json'])).exit, 0);
    const after = await stored();
    assert.deepEqual([after?.pricing, after?.positions, after?.floors, after?.overrides], ['second', [1, 0.5], [], []]);
    assert.equal(after?.fullScreenPerDay, undefined);
  });

  it('sets the least that a click costs, and says what it is where nobody has', async () => {
    const { run, state, stored } = world();
    assert.match((await run(['serving', 'DK', 'told.json'])).stdout, /a click at least 0\.1$/m);
    state.inputs.set('told.json', '{"clickFloorMicros": 250000}');
    assert.match((await run(['serving', 'DK', 'told.json'])).stdout, /a click at least 0\.25$/m);
    assert.equal((await stored())?.clickFloorMicros, 250_000);
    state.inputs.set('told.json', '{"clickFloorMicros": -1}');
    assert.equal((await run(['serving', 'DK', 'told.json'])).exit, 2);
  });

  it('freezes a line with an end and a reason, once, and thaws it', async () => {
    const { run, stored } = world();
    await run(['serving', 'DK', '--freeze', 'c1/s1', ...FREEZE]);
    await run(['serving', 'DK', '--freeze', 'c1/s1', ...FREEZE]);
    await run(['serving', 'DK', '--freeze', 'c1', ...FREEZE]);
    const untilAtMs = Date.parse('2026-12-01T00:00:00Z');
    const word = { kind: 'freeze', untilAtMs, reason: 'a complaint' };
    assert.deepEqual((await stored())?.overrides, [
      { campaignId: 'c1', subcampaignId: 's1', ...word },
      { campaignId: 'c1', ...word },
    ]);
    assert.equal((await run(['serving', 'DK', '--thaw', 'c1'])).exit, 0);
    assert.deepEqual((await stored())?.overrides, [{ campaignId: 'c1', subcampaignId: 's1', ...word }]);
  });

  it('approves and rejects creatives, each standing once', async () => {
    const { run, stored } = world();
    await run(['serving', 'DK', 'told.json']);
    await run(['serving', 'DK', '--approve', 'v1']);
    await run(['serving', 'DK', '--reject', 'v2']);
    assert.deepEqual((await stored())?.creatives, [
      { creativeId: 'v1', status: 'approved' },
      { creativeId: 'v2', status: 'rejected' },
    ]);
  });

  it('writes nothing in a dry run', async () => {
    const { run, stored } = world();
    const dry = await run(['serving', 'DK', 'told.json', '--dry-run', '--json']);
    assert.equal(dry.json()['dryRun'], true);
    assert.equal(await stored(), undefined);
  });

  it('answers 1 for a market that nobody knows', async () => {
    const { exit, stdout } = await world().run(['serving', 'DK']);
    assert.equal(exit, 1);
    assert.match(stdout, /market DK is not known/);
  });

  for (const { name, args, text, says } of [
    { name: 'a freeze without an end', args: ['--freeze', 'c1', '--reason', 'x'], says: /--until and --reason/ },
    { name: 'a freeze without a reason', args: ['--freeze', 'c1', ...FREEZE.slice(0, 3), ' '], says: /--reason/ },
    {
      name: 'a freeze until no calendar knows',
      args: ['--freeze', 'c1', '--until', 'soon', '--reason', 'x'],
      says: /--until/,
    },
    { name: 'a reason without a freeze', args: ['--thaw', 'c1', '--reason', 'x'], says: /belong to --freeze/ },
    { name: 'two things at once', args: ['--thaw', 'c1', '--approve', 'v1'], says: /one thing at a time/ },
    { name: 'a line with three names', args: ['--thaw', 'a/b/c'], says: /CAMPAIGN\/PART/ },
    { name: 'a file that is no JSON', args: ['told.json'], text: '{', says: /one JSON object/ },
    { name: 'a file that is a list', args: ['told.json'], text: '[]', says: /one JSON object/ },
    { name: 'an unknown field', args: ['told.json'], text: '{"floor": 1}', says: /floor/ },
    { name: 'a position above one', args: ['told.json'], text: '{"positions": [2]}', says: /\/positions\/0/ },
    {
      name: 'a price of a freeze',
      args: ['told.json'],
      text: JSON.stringify({ overrides: [{ ...told.overrides[0], kind: 'freeze' }] }),
      says: /\/overrides\/0: a price belongs/,
    },
    { name: 'a creative with a space', args: ['--approve', 'a b'], says: /creativeId/ },
  ]) {
    it(`refuses ${name}, and writes nothing`, async () => {
      const { run, stored } = world(text);
      const { exit, stderr } = await run(['serving', 'DK', ...args]);
      assert.equal(exit, 2);
      assert.match(stderr, says);
      assert.equal(await stored(), undefined);
    });
  }
});
