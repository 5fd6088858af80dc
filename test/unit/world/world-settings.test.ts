import assert from 'node:assert/strict';
import { resolveWorldSettings, worldDefaults } from '../../../emulators/world/world-settings.ts';

const GIVEN = { seed: 1, startAtMs: Date.UTC(2026, 0, 5) };

describe('world settings', () => {
  it('have defaults for everything but seed and start', () => {
    assert.deepEqual(resolveWorldSettings(GIVEN), { ...worldDefaults, ...GIVEN });
    assert.equal(resolveWorldSettings({ ...GIVEN, campaigns: 3 }).campaigns, 3);
  });

  it('leave out what is no setting', () => {
    const input = { ...GIVEN, fetch: () => undefined };
    assert.equal('fetch' in resolveWorldSettings(input), false);
  });

  const cases: { name: string; change: Partial<typeof worldDefaults> | Record<string, number>; message: RegExp }[] = [
    {
      name: 'a tick that does not divide an hour',
      change: { tickIntervalMs: 420_000 },
      message: /tickIntervalMs must divide an hour, got 420000/,
    },
    {
      name: 'a start between ticks',
      change: { startAtMs: 60_000 },
      message: /startAtMs must be a multiple of tickIntervalMs/,
    },
    {
      name: 'no campaigns',
      change: { campaigns: 0 },
      message: /campaigns must be a whole number from 1 to 2000, got 0/,
    },
    { name: 'half a day', change: { days: 0.5 }, message: /days must be a whole number/ },
    {
      name: 'seven groups',
      change: { groupsPerMarket: 7 },
      message: /groupsPerMarket must be a whole number from 1 to 6/,
    },
    { name: 'a load that is no number', change: { loadShare: NaN }, message: /loadShare must be a number/ },
    { name: 'a negative seed', change: { seed: -1 }, message: /seed must be a whole number/ },
    { name: 'several problems, naming all', change: { days: 0, campaigns: -1 }, message: /campaigns.*; days/ },
  ];
  for (const { name, change, message } of cases) {
    it(`refuse ${name}`, () => {
      assert.throws(() => resolveWorldSettings({ ...GIVEN, ...change }), { code: 'INVALID_WORLD_SETTINGS', message });
    });
  }
});
