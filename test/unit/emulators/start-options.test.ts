import assert from 'node:assert/strict';
import { USAGE, UsageError, parseStartOptions } from '../../../emulators/start-options.ts';
import { scenarios } from '../../../emulators/world/scenarios.ts';

const defaults = {
  once: false,
  idle: false,
  ticks: false,
  report: undefined,
  traffic: undefined,
  charts: undefined,
  scenario: 'steady',
  seed: 1,
  markets: 4,
  campaigns: 24,
  days: 1,
  port: 0,
  tickFaults: { doubledShare: 0.02, lateShare: 0, missingShare: 0 },
};

const wrong = [
  { name: 'an option nobody knows', args: ['--fast'], message: /--fast/ },
  { name: 'an argument without an option', args: ['once'], message: /once/ },
  { name: 'a value for a flag', args: ['--once=yes'], message: /--once/ },
  { name: 'an option without its value', args: ['--report'], message: /--report/ },
  { name: 'staying up and going', args: ['--idle', '--once'], message: /--idle stays up and --once does not/ },
  { name: 'ticks of a played day', args: ['--ticks'], message: /--ticks is for --idle/ },
  { name: 'ticks of a day that is played once', args: ['--ticks', '--once'], message: /--ticks is for --idle/ },
  { name: 'a seed in words', args: ['--seed', 'one'], message: /--seed takes a whole number from 0 .* not one/ },
  { name: 'a seed that no number holds', args: ['--seed', '9007199254740992'], message: /--seed takes a whole number/ },
  { name: 'no market', args: ['--markets', '0'], message: /--markets takes a whole number from 1 to 15, not 0/ },
  {
    name: 'sixteen markets',
    args: ['--markets', '16'],
    message: /--markets takes a whole number from 1 to 15, not 16/,
  },
  { name: 'half a campaign', args: ['--campaigns', '0.5'], message: /--campaigns takes a whole number from 1 to 2000/ },
  { name: 'a month and a day', args: ['--days', '31'], message: /--days takes a whole number from 1 to 30, not 31/ },
  { name: 'a negative port', args: ['--port=-1'], message: /--port takes a whole number from 0 to 65535, not -1/ },
  { name: 'a port above all', args: ['--port', '65536'], message: /--port takes a whole number from 0 to 65535/ },
  { name: 'a share above one', args: ['--tick-doubled', '1.1'], message: /--tick-doubled takes a share from 0 to 1/ },
  { name: 'a negative share', args: ['--tick-late=-0.1'], message: /--tick-late takes a share from 0 to 1, not -0.1/ },
  { name: 'a share in words', args: ['--tick-missing', 'some'], message: /--tick-missing takes a share from 0 to 1/ },
  {
    name: 'shares above all ticks',
    args: ['--tick-late', '0.5', '--tick-missing', '0.49'],
    message: /doubled, late and missing ticks add up to at most 1/,
  },
  {
    name: 'a scenario nobody knows',
    args: ['--scenario', 'flood'],
    message: /--scenario takes one of steady, surge, market-outage, .*new-market, not flood/,
  },
  { name: 'a scenario by a name that objects have', args: ['--scenario', 'toString'], message: /not toString/ },
  {
    name: 'a new market that is like none',
    args: ['--scenario', 'new-market', '--markets', '1'],
    message: /needs another market that the new one is like/,
  },
  { name: 'a scenario without days', args: ['--scenario', 'surge', '--idle'], message: /--idle plays none/ },
  { name: 'charts nowhere', args: ['--charts'], message: /--charts/ },
];

describe('the options of a start', () => {
  it('have defaults', () => {
    assert.deepEqual(parseStartOptions([]), defaults);
  });

  it('are read from their arguments', () => {
    const args = '--once --seed 7 --markets 15 --campaigns 2000 --days 30 --port 8080 --report r.json --traffic t.csv';
    assert.deepEqual(parseStartOptions(args.split(' ')), {
      ...defaults,
      once: true,
      seed: 7,
      markets: 15,
      campaigns: 2000,
      days: 30,
      port: 8080,
      report: 'r.json',
      traffic: 't.csv',
    });
    assert.deepEqual(parseStartOptions(['--charts', 'out', '--scenario', 'surge']), {
      ...defaults,
      charts: 'out',
      scenario: 'surge',
    });
    const shares = ['--tick-doubled', '0.5', '--tick-late', '0.25', '--tick-missing', '0.25'];
    assert.deepEqual(parseStartOptions(shares), {
      ...defaults,
      tickFaults: { doubledShare: 0.5, lateShare: 0.25, missingShare: 0.25 },
    });
  });

  it('let a scenario say how often ticks go wrong, unless they are asked for otherwise', () => {
    const faults = (...args: string[]) => {
      const options = parseStartOptions(['--scenario', 'doubled-ticks', ...args]);
      return options === 'help' ? undefined : options.tickFaults;
    };
    assert.deepEqual(faults(), { doubledShare: 0.5, lateShare: 0.1, missingShare: 0.05 });
    assert.deepEqual(faults('--tick-doubled', '0'), { doubledShare: 0, lateShare: 0.1, missingShare: 0.05 });
  });

  it('explain every scenario in a sentence', () => {
    for (const [name, { sentence }] of Object.entries(scenarios)) assert(USAGE.includes(sentence), name);
  });

  it('let an idle stack tick', () => {
    assert.deepEqual(parseStartOptions(['--idle']), { ...defaults, idle: true });
    assert.deepEqual(parseStartOptions(['--ticks', '--idle']), { ...defaults, idle: true, ticks: true });
  });

  it('ask for help before anything else', () => {
    assert.equal(parseStartOptions(['--help', '--seed', 'x']), 'help');
    for (const option of ['--once', '--idle', '--ticks', '--tick-missing']) assert(USAGE.includes(option), option);
  });

  for (const { name, args, message } of wrong) {
    it(`refuse ${name}, by name`, () => {
      assert.throws(
        () => parseStartOptions(args),
        (error) => error instanceof UsageError && message.test(error.message),
      );
    });
  }
});
