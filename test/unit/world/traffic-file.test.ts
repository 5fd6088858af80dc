import assert from 'node:assert/strict';
import { parseTrafficFile, readTrafficFile } from '../../../emulators/world/traffic-file.ts';

const HEADER = 'region_id,dow,hour,traffic_share';

/** A whole week of a region; the share of an hour by weekday and hour. */
function week(region: string, days: number[], share: (dow: number, hour: number) => number): string[] {
  return days.flatMap((dow) =>
    Array.from({ length: 24 }, (_row, hour) => `${region},${dow},${hour},${share(dow, hour)}`),
  );
}

const ISO_DAYS = [1, 2, 3, 4, 5, 6, 7];
const flat = () => 1 / 168;

function problem(lines: string[]): string {
  try {
    parseTrafficFile(lines.join('\n'), 'traffic.csv');
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'INVALID_TRAFFIC_FILE');
    return (error as Error).message;
  }
  return 'no error';
}

describe('traffic file', () => {
  it('makes regions into markets, in the order of the file', () => {
    const text = [HEADER, ...week('645530', ISO_DAYS, flat), ...week('621590', ISO_DAYS, flat)].join('\r\n');
    const profiles = parseTrafficFile(`\uFEFF${text}\r\n`, 'traffic.csv');
    assert.deepEqual(
      profiles.map(({ market, size }) => ({ market, size })),
      [
        { market: '645530', size: 1 },
        { market: '621590', size: 1 },
      ],
    );
  });

  it('takes 1-7 as Monday to Sunday, and shares of a week as the rhythm', () => {
    const lines = week('A', ISO_DAYS, (dow, hour) => (dow === 1 ? 2 : 1) * (hour === 9 ? 0.002 : 0.001));
    const [profile] = parseTrafficFile([HEADER, ...lines].join('\n'), 'traffic.csv');
    assert(profile);
    assert.deepEqual(
      profile.dayFactors.map((factor) => Math.round(factor * 1000) / 1000),
      [1.75, 0.875, 0.875, 0.875, 0.875, 0.875, 0.875],
    );
    for (const shape of profile.hourShapes) {
      assert(Math.abs(shape.reduce((sum, share) => sum + share, 0) - 1) < 1e-12);
      assert(Math.abs((shape[9] ?? 0) - 2 / 25) < 1e-12);
    }
  });

  it('takes 0-6 as Sunday to Saturday', () => {
    const lines = week('A', [0, 1, 2, 3, 4, 5, 6], (dow) => (dow === 0 ? 0.004 : 0.001));
    const [profile] = parseTrafficFile([HEADER, ...lines].join('\n'), 'traffic.csv');
    assert.equal(profile?.dayFactors.indexOf(Math.max(...profile.dayFactors)), 6);
  });

  it('gives the same rhythm for shares that add up to 1 over each day as for shares of a week', () => {
    const share = (dow: number, hour: number) => (1 + hour) / 300 + 0 * dow;
    const ofDay = parseTrafficFile([HEADER, ...week('A', ISO_DAYS, share)].join('\n'), 'a.csv');
    const ofWeek = parseTrafficFile(
      [HEADER, ...week('A', ISO_DAYS, (dow, hour) => share(dow, hour) / 8)].join('\n'),
      'b.csv',
    );
    ofDay[0]?.hourShapes.forEach((shape, day) =>
      shape.forEach((value, hour) => assert(Math.abs(value - (ofWeek[0]?.hourShapes[day]?.[hour] ?? 0)) < 1e-12)),
    );
  });

  const good = week('A', ISO_DAYS, flat);
  const cases: { name: string; lines: string[]; message: string }[] = [
    { name: 'another header', lines: ['a,b,c,d', ...good], message: `line 1: the header must be ${HEADER}` },
    { name: 'no rows', lines: [HEADER], message: 'line 2: expected at least one row' },
    { name: 'a field too few', lines: [HEADER, 'A,1,0'], message: 'line 2: expected 4 fields, got 3' },
    {
      name: 'a weekday 8',
      lines: [HEADER, 'A,8,0,0.1'],
      message: 'line 2: dow must be a whole number from 0 to 7, got "8"',
    },
    {
      name: 'an hour 24',
      lines: [HEADER, 'A,1,24,0.1'],
      message: 'line 2: hour must be a whole number from 0 to 23, got "24"',
    },
    {
      name: 'an hour 1.5',
      lines: [HEADER, 'A,1,1.5,0.1'],
      message: 'hour must be a whole number from 0 to 23, got "1.5"',
    },
    {
      name: 'a negative share',
      lines: [HEADER, 'A,1,0,-0.1'],
      message: 'traffic_share must be a number from 0 to 1, got "-0.1"',
    },
    {
      name: 'an empty share',
      lines: [HEADER, 'A,1,0,'],
      message: 'traffic_share must be a number from 0 to 1, got ""',
    },
    { name: 'a share that is no number', lines: [HEADER, 'A,1,0,NaN'], message: 'traffic_share must be a number' },
    { name: 'a region with a slash', lines: [HEADER, 'A/B,1,0,0.1'], message: 'line 2: region_id must be' },
    {
      name: 'a row twice',
      lines: [HEADER, ...good, 'A,1,0,0.1'],
      message: 'line 170: repeats region, dow and hour of line 2',
    },
    { name: 'a missing row', lines: [HEADER, ...good.slice(0, -1)], message: 'region A has no row for dow 7, hour 23' },
    {
      name: 'both 0 and 7',
      lines: [HEADER, 'A,0,0,0.1', 'A,7,0,0.1'],
      message: 'line 3: dow is 7 in a file that also has 0',
    },
    {
      name: 'a day without traffic',
      lines: [HEADER, ...week('A', ISO_DAYS, (dow) => (dow === 3 ? 0 : 0.001))],
      message: 'region A has no traffic on dow 3',
    },
  ];
  for (const { name, lines, message } of cases) {
    it(`refuses ${name} and says where`, () => {
      const found = problem(lines);
      assert(found.startsWith('traffic file traffic.csv'), found);
      assert(found.includes(message), found);
    });
  }

  it('names a file that cannot be read', async () => {
    await assert.rejects(
      readTrafficFile('no-such-directory/traffic.csv'),
      /traffic file no-such-directory.*cannot be read/,
    );
  });
});
