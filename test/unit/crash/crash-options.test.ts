import assert from 'node:assert/strict';
import { UsageError } from '../../../emulators/start-options.ts';
import { parseCrashOptions, USAGE } from '../../crash/crash-options.ts';

describe('the options of npm run crash-test', () => {
  it('have defaults', () => {
    assert.deepEqual(parseCrashOptions([]), { seed: 1, events: 5_000, seconds: 100, json: false });
  });

  it('are taken from the arguments', () => {
    const args = ['--seed', '7', '--events', '400', '--seconds', '12', '--json'];
    assert.deepEqual(parseCrashOptions(args), { seed: 7, events: 400, seconds: 12, json: true });
  });

  it('are all in the help', () => {
    assert.equal(parseCrashOptions(['--help']), 'help');
    for (const name of ['seed', 'events', 'seconds', 'json', 'help'])
      assert.match(USAGE, new RegExp(`^ {2}--${name} `, 'm'));
  });

  const refused: { name: string; args: string[]; says: RegExp }[] = [
    {
      name: 'too few events',
      args: ['--events', '10'],
      says: /--events takes a whole number from 200 to 5000, not 10/,
    },
    { name: 'longer than five minutes', args: ['--seconds', '300'], says: /--seconds takes .* from 5 to 120, not 300/ },
    { name: 'half a second', args: ['--seconds', '7.5'], says: /not 7.5/ },
    { name: 'a seed that is no number', args: ['--seed', 'x'], says: /--seed takes a whole number .* not x/ },
    { name: 'an option that is not there', args: ['--workers', '3'], says: /--workers/ },
    { name: 'a word too many', args: ['fast'], says: /fast/ },
  ];
  for (const { name, args, says } of refused) {
    it(`refuse ${name}`, () => {
      assert.throws(
        () => parseCrashOptions(args),
        (error: unknown) => error instanceof UsageError && says.test(error.message),
      );
    });
  }
});
