import assert from 'node:assert/strict';
import { reportBody } from '../../../shared/contracts/validators.generated.js';
import { createRandom } from '../../../emulators/world/random.ts';
import { writeReports } from '../../../emulators/world/report-writer.ts';

const START_MS = Date.UTC(2026, 0, 5);
const INTERVAL = { startAtMs: START_MS, endAtMs: START_MS + 300_000 };

function write(lines: number, closings: number) {
  return writeReports({
    market: 'SE',
    group: 'SE-a',
    interval: INTERVAL,
    lines: Array.from({ length: lines }, (_line, index) => ({
      campaignId: 'c1',
      subcampaignId: `s${index}`,
      hourAtMs: START_MS,
      impressions: 1,
      clicks: 0,
      conversions: 0,
      chargedMicros: 5,
    })),
    responses: [{ segment: 'casual', surface: 'home', hourAtMs: START_MS, impressions: 7, clicks: 1, conversions: 0 }],
    listener: () => ({ visits: 2, activeDays: 1, allVisits: 5, allActiveDays: 3 }),
    traffic: [{ segment: 'casual', surface: 'home', opportunities: 3 }],
    closings: Array.from({ length: closings }, (_closing, index) => ({
      campaignId: 'c1',
      subcampaignId: `s${index}`,
      grantedMicros: 9,
      chargedMicros: 5,
    })),
    random: createRandom(1),
  });
}

describe('report writer', () => {
  it('writes one report when nothing happened', () => {
    const [report, ...others] = write(0, 0);
    assert.deepEqual(others, []);
    assert.equal(report?.eventId, `report:SE-a:${START_MS}:0`);
    assert.equal(report?.windowEndAt, '2026-01-05T00:05:00.000Z');
  });

  it('splits at the limits of the contract and tells traffic once', () => {
    const reports = write(1001, 401);
    for (const report of reports) assert(reportBody(report), JSON.stringify(reportBody.errors));
    assert.deepEqual(
      reports.map(({ lines, closings, opportunities, responses }) => [
        lines.length,
        closings.length,
        opportunities.length,
        responses?.length ?? 0,
      ]),
      [
        [400, 400, 1, 1],
        [400, 1, 0, 0],
        [201, 0, 0, 0],
      ],
    );
    assert.equal(new Set(reports.map(({ eventId }) => eventId)).size, 3);
  });

  it('samples no more requests than there were', () => {
    assert.equal(write(0, 0)[0]?.sample.length, 3);
  });
});
