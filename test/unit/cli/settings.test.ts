import assert from 'node:assert/strict';
import { refs } from '../../../shared/store/allocation-store.ts';
import { createCommandLine } from './command-line.ts';

const told = {
  holidays: ['2026-12-25', '2027-01-01'],
  modifiers: [
    {
      segments: ['casual'],
      startAt: '2026-12-01T00:00:00Z',
      endAt: '2026-12-08T00:00:00Z',
      multiplier: 1.3,
      reason: 'release week',
    },
  ],
  activeListeners: 120_000,
  analogues: ['SE', 'NO'],
};

function world(text = JSON.stringify(told)) {
  const commandLine = createCommandLine();
  commandLine.state.inputs.set('told.json', text);
  const stored = async (market = 'DK') => {
    const [settings, known] = await commandLine.ports.store.read([refs.forecastSettings(market), refs.market(market)]);
    return { settings, known };
  };
  return { ...commandLine, stored };
}

describe('andante settings', () => {
  it('says what a market is told, opens it, and shows the same afterwards', async () => {
    const { run, stored } = world();
    const written = await run(['settings', 'DK', 'told.json']);
    assert.equal(written.exit, 0, written.stderr);
    assert.match(written.stdout, /market DK: 2 holidays, 2026-12-25, 2027-01-01/);
    assert.match(written.stdout, /x 1\.3 from .*: casual, every surface \(release week\)/);
    const { settings, known } = await stored();
    assert.equal(known?.supplyVersion, 0);
    assert.equal(settings?.modifiers[0]?.startAtMs, Date.parse('2026-12-01T00:00:00Z'));
    const shown = await run(['settings', 'DK', '--json']);
    assert.equal(shown.exit, 0);
    const { modifiers, analogues, activeListeners } = shown.json();
    assert.deepEqual(analogues, ['SE', 'NO']);
    assert.equal(activeListeners, 120_000);
    assert.equal((modifiers as { startAt: string }[])[0]?.startAt, '2026-12-01T00:00:00.000Z');
  });

  it('replaces all of it: what is left out is empty', async () => {
    const { run, state, stored } = world();
    await run(['settings', 'DK', 'told.json']);
    state.inputs.set('told.json', '{"analogues": ["FI"]}');
    assert.equal((await run(['settings', 'DK', 'told.json'])).exit, 0);
    assert.deepEqual((await stored()).settings, {
      schemaVersion: 1,
      market: 'DK',
      holidays: [],
      modifiers: [],
      analogues: ['FI'],
    });
  });

  it('writes nothing in a dry run, and keeps the versions of a market that is known', async () => {
    const { run, stored } = world();
    const dry = await run(['settings', 'DK', 'told.json', '--dry-run', '--json']);
    assert.equal(dry.exit, 0);
    assert.equal(dry.json()['dryRun'], true);
    assert.deepEqual(await stored(), { settings: undefined, known: undefined });
    await run(['settings', 'DK', 'told.json']);
    const before = (await stored()).known;
    await run(['settings', 'DK', 'told.json']);
    assert.deepEqual((await stored()).known, before);
  });

  it('answers 1 for a market that has none', async () => {
    const { run } = world();
    const { exit, stdout } = await run(['settings', 'DK']);
    assert.equal(exit, 1);
    assert.match(stdout, /market DK has no settings/);
  });

  const refused: [string, unknown, RegExp][] = [
    ['no JSON', '{', /one JSON object/],
    ['a list', [], /one JSON object/],
    ['nothing', null, /one JSON object/],
    ['a number', 5, /one JSON object/],
    ['a text', '"all of it"', /one JSON object/],
    ['a field nobody knows', { holiday: [] }, /additional properties/],
    ['a holiday that is no day', { holidays: ['Christmas'] }, /\/holidays\/0 must match/],
    ['a month that no calendar has', { holidays: ['2026-12-25', '2026-13-01'] }, /\/holidays\/1 must be a day/],
    ['a day that no calendar has', { holidays: ['2026-02-30'] }, /\/holidays\/0 must be a day/],
    [
      'an instant that no calendar has',
      { modifiers: [{ ...told.modifiers[0], endAt: '2026-02-30T00:00:00Z' }] },
      /\/modifiers\/0\/endAt must be an instant/,
    ],
    [
      'a correction that ends before it starts',
      { modifiers: [{ ...told.modifiers[0], endAt: '2026-11-30T00:00:00Z' }] },
      /\/modifiers\/0\/endAt must be after startAt/,
    ],
    ['a correction without end', { modifiers: [{ ...told.modifiers[0], endAt: undefined }] }, /endAtMs/],
    ['a correction for no reason', { modifiers: [{ ...told.modifiers[0], reason: '  ' }] }, /\/modifiers\/0\/reason/],
    [
      'a correction of nothing',
      { modifiers: [{ ...told.modifiers[0], segments: [] }] },
      /segments must NOT have fewer/,
    ],
    ['a negative correction', { modifiers: [{ ...told.modifiers[0], multiplier: -1 }] }, /multiplier must be >= 0/],
    ['listeners by halves', { activeListeners: 0.5 }, /activeListeners must be integer/],
  ];
  for (const [what, content, expected] of refused) {
    it(`refuses ${what} and writes nothing`, async () => {
      const { run, stored } = world(typeof content === 'string' ? content : JSON.stringify(content));
      const { exit, stderr } = await run(['settings', 'DK', 'told.json']);
      assert.equal(exit, 2);
      assert.match(stderr, expected);
      assert.deepEqual(await stored(), { settings: undefined, known: undefined });
    });
  }

  it('refuses arguments that it does not know', async () => {
    const { run } = world();
    for (const argv of [
      ['settings'],
      ['settings', 'D/K'],
      ['settings', 'DK', 'told.json', 'more'],
      ['settings', 'DK', '--at', 'x'],
    ]) {
      assert.equal((await run(argv)).exit, 2, argv.join(' '));
    }
  });
});
