import assert from 'node:assert/strict';
import sinon from 'sinon';
import { createVirtualScheduler, startRealScheduler, type TickFaults } from '../../../emulators/scheduler.ts';
import { createRandom } from '../../../emulators/world/random.ts';

const START_MS = Date.UTC(2026, 0, 5, 12);
const MINUTE_MS = 60_000;
const body = { type: 'andante.delivery-tick.v1', source: 'scheduler' };
const schedules = {
  'delivery-tick': { topic: 'delivery-tick', cron: '* * * * *', body },
  'outcome-drain': { topic: 'outcome-drain', cron: '*/5 * * * *', body: { type: 'andante.outcome-drain.v1' } },
};
const noFaults: TickFaults = { doubledShare: 0, lateShare: 0, missingShare: 0, lateByMs: 0 };

/** Notes what is published as `topic HH:MM`. */
function record(
  faults: Partial<TickFaults> = {},
  random: () => number = () => 0,
  only: keyof typeof schedules | undefined = undefined,
) {
  const published: string[] = [];
  const bodies: Record<string, unknown>[] = [];
  const scheduler = createVirtualScheduler(
    {
      schedules: only ? { [only]: schedules[only] } : schedules,
      publish: async (topic, sent) => {
        bodies.push(sent);
        published.push(`${topic} ${String(sent['scheduledFor']).slice(11, 16)}`);
      },
      faults: { ...noFaults, ...faults },
      random,
    },
    START_MS,
  );
  return { scheduler, published, bodies };
}
const ticks = (...minutes: number[]) => minutes.map((minute) => `delivery-tick 12:${String(minute).padStart(2, '0')}`);

describe('the scheduler on virtual time', () => {
  it('publishes every run up to and including the instant it is moved to, in order, once', async () => {
    const { scheduler, published } = record({});
    await scheduler.advanceTo(START_MS + 2 * MINUTE_MS);
    assert.deepEqual(published, [
      'delivery-tick 12:00',
      'outcome-drain 12:00',
      'delivery-tick 12:01',
      'delivery-tick 12:02',
    ]);
    await scheduler.advanceTo(START_MS + 2 * MINUTE_MS);
    await scheduler.advanceTo(START_MS + 3 * MINUTE_MS - 1);
    assert.equal(published.length, 4);
    await scheduler.advanceTo(START_MS + 5 * MINUTE_MS);
    assert.deepEqual(published.slice(4), [
      'delivery-tick 12:03',
      'delivery-tick 12:04',
      'delivery-tick 12:05',
      'outcome-drain 12:05',
    ]);
  });

  it('adds scheduledFor to the body and nothing else, and leaves the schedule’s own body alone', async () => {
    const { scheduler, bodies } = record({}, undefined, 'delivery-tick');
    await scheduler.advanceTo(START_MS);
    assert.deepEqual(bodies, [{ ...body, scheduledFor: '2026-01-05T12:00:00.000Z' }]);
    assert.equal('scheduledFor' in body, false);
  });

  it('reads cron expressions in UTC, whatever the clock of the machine says', async () => {
    const published: unknown[] = [];
    const daily = { topic: 'refresh', cron: '30 3 * * *', body: {} };
    const publish = async (_topic: string, sent: Record<string, unknown>) => void published.push(sent['scheduledFor']);
    await createVirtualScheduler({ schedules: { daily }, publish }, START_MS).advanceTo(START_MS + 48 * 60 * MINUTE_MS);
    assert.deepEqual(published, ['2026-01-06T03:30:00.000Z', '2026-01-07T03:30:00.000Z']);
  });

  it('says which run of each schedule was the latest to be published', async () => {
    const { scheduler } = record({ missingShare: 1 });
    const latest = await scheduler.advanceTo(START_MS + 7 * MINUTE_MS);
    assert.deepEqual(
      [...latest],
      [
        ['delivery-tick', START_MS],
        ['outcome-drain', START_MS],
      ],
    );
  });

  it('publishes the first run whatever the faults, and then leaves out those that are missing', async () => {
    const { scheduler, published } = record({ missingShare: 1 }, undefined, 'delivery-tick');
    await scheduler.advanceTo(START_MS + 3 * MINUTE_MS);
    assert.deepEqual(published, ticks(0));
  });

  it('publishes a doubled run twice under the same time', async () => {
    const { scheduler, published } = record({ doubledShare: 1 }, undefined, 'delivery-tick');
    await scheduler.advanceTo(START_MS + 2 * MINUTE_MS);
    assert.deepEqual(published, ticks(0, 1, 1, 2, 2));
  });

  for (const { name, stepMs } of [
    { name: 'minute by minute', stepMs: MINUTE_MS },
    { name: 'in one stride', stepMs: 4 * MINUTE_MS },
  ]) {
    it(`publishes a late run after the runs that overtake it, with its own time, when moved ${name}`, async () => {
      // Of the runs that may fail, the first and the third are late.
      const draws = [0, 0.9, 0, 0.9];
      const faults = { lateShare: 0.5, lateByMs: 1.5 * MINUTE_MS };
      const { scheduler, published } = record(faults, () => draws.shift() ?? 0.9, 'delivery-tick');
      for (let atMs = START_MS; atMs < START_MS + 4 * MINUTE_MS;) await scheduler.advanceTo((atMs += stepMs));
      assert.deepEqual(published, ticks(0, 2, 1, 4));
      await scheduler.advanceTo(START_MS + 5 * MINUTE_MS);
      assert.deepEqual(published.slice(4), ticks(3, 5));
    });
  }

  it('makes the same faults from the same seed, in about the shares it was asked for', async () => {
    const faults = { doubledShare: 0.2, lateShare: 0.1, missingShare: 0.1, lateByMs: MINUTE_MS };
    const play = async () => {
      const { scheduler, published } = record(faults, createRandom(7, 'ticks'), 'delivery-tick');
      await scheduler.advanceTo(START_MS + 1_000 * MINUTE_MS);
      return published;
    };
    const published = await play();
    assert.deepEqual(await play(), published);
    const missing = 1_001 - new Set(published).size;
    const doubled = published.length - new Set(published).size;
    assert.ok(missing > 60 && missing < 140, `${missing} of 1000 are missing`);
    assert.ok(doubled > 150 && doubled < 250, `${doubled} of 1000 are doubled`);
  });

  it('refuses a cron expression that is none', () => {
    const wrong = { wrong: { topic: 'x', cron: 'every now and then', body: {} } };
    assert.throws(
      () => createVirtualScheduler({ schedules: wrong, publish: async () => undefined }, START_MS),
      TypeError,
    );
  });
});

describe('the scheduler on the wall clock', () => {
  let clock: sinon.SinonFakeTimers;
  beforeEach(() => (clock = sinon.useFakeTimers({ now: START_MS + 1_000 })));
  afterEach(() => clock.restore());

  it('publishes the static body as it is, until it is stopped', async () => {
    const publish = sinon.fake.resolves(undefined);
    const stop = startRealScheduler({ schedules, publish }, assert.ifError);
    await clock.tickAsync(2 * MINUTE_MS);
    stop();
    await clock.tickAsync(10 * MINUTE_MS);
    assert.deepEqual(publish.args, [
      ['delivery-tick', body],
      ['delivery-tick', body],
    ]);
  });

  it('hands over an error of publishing, and goes on', async () => {
    const publish = sinon.fake.rejects(new Error('no broker'));
    const errors: unknown[] = [];
    const stop = startRealScheduler({ schedules, publish }, (error) => errors.push(error));
    await clock.tickAsync(2 * MINUTE_MS);
    stop();
    assert.deepEqual(errors.map(String), ['Error: no broker', 'Error: no broker']);
  });

  /** Minutes of ticks that were published in so many minutes, under faults drawn from a list. */
  async function playFaults(faults: Partial<TickFaults>, draws: number[], minutes: number): Promise<string[]> {
    const published: string[] = [];
    const publish = async () => void published.push(new Date(Date.now()).toISOString().slice(14, 19));
    const only = { 'delivery-tick': schedules['delivery-tick'] };
    const random = () => draws.shift() ?? 0.9;
    const stop = startRealScheduler(
      { schedules: only, publish, faults: { ...noFaults, ...faults }, random },
      assert.ifError,
    );
    await clock.tickAsync(minutes * MINUTE_MS);
    stop();
    await clock.tickAsync(10 * MINUTE_MS);
    return published;
  }

  it('publishes the first run whatever the faults, and then leaves out those that are missing', async () => {
    assert.deepEqual(await playFaults({ missingShare: 0.5 }, [0.1, 0.6, 0.1], 4), ['01:00', '03:00']);
  });

  it('publishes a doubled run twice', async () => {
    assert.deepEqual(await playFaults({ doubledShare: 0.5 }, [0.1], 3), ['01:00', '02:00', '02:00', '03:00']);
  });

  it('publishes a late run so much later, and not once it is stopped', async () => {
    const faults = { lateShare: 0.5, lateByMs: 90_000 };
    assert.deepEqual(await playFaults(faults, [0.1, 0.6, 0.6, 0.1], 5), ['01:00', '03:00', '03:30', '04:00']);
  });

  it('makes the same faults from the same seed as on virtual time', async () => {
    const faults = { doubledShare: 0.2, lateShare: 0, missingShare: 0.2 };
    const draws = (count: number) => {
      const random = createRandom(7, 'ticks');
      return Array.from({ length: count }, () => random());
    };
    const { scheduler, published } = record(faults, createRandom(7, 'ticks'), 'delivery-tick');
    await scheduler.advanceTo(START_MS + 29 * MINUTE_MS);
    const counts = (minutes: string[], first: number) =>
      Array.from({ length: 30 }, (_, index) => minutes.filter((minute) => Number(minute) === first + index).length);
    const virtual = published.map((tick) => tick.slice(-2));
    const real = (await playFaults(faults, draws(29), 30)).map((time) => time.slice(0, 2));
    assert.deepEqual(counts(real, 1), counts(virtual, 0));
  });

  it('cannot be at fault without a random that decides', () => {
    const publish = async () => undefined;
    const options = { schedules, publish, faults: { ...noFaults, missingShare: 0.1 } };
    const message = 'a scheduler with faults needs a random that decides them';
    assert.throws(() => startRealScheduler(options, assert.ifError), { code: 'ERR_ASSERTION', message });
    assert.throws(() => createVirtualScheduler(options, START_MS), { code: 'ERR_ASSERTION', message });
  });
});
