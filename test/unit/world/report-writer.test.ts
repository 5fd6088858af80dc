import assert from 'node:assert/strict';
import { reportBody } from '../../../shared/contracts/validators.generated.js';
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
      clickMicros: 0,
      reached: 1,
    })),
    responses: [{ segment: 'casual', surface: 'home', hourAtMs: START_MS, impressions: 7, clicks: 1, conversions: 0 }],
    sample: [{ segment: 'casual', surface: 'home', responseMultiplier: 1.2, offerCpmMicros: 700_000 }],
    traffic: [{ segment: 'casual', surface: 'home', opportunities: 3 }],
    closings: Array.from({ length: closings }, (_closing, index) => ({
      campaignId: 'c1',
      subcampaignId: `s${index}`,
      grantedMicros: 9,
      chargedMicros: 5,
    })),
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
      reports.map(({ lines, closings, opportunities, responses, sample }) => [
        lines.length,
        closings.length,
        opportunities.length,
        responses?.length ?? 0,
        sample.length,
      ]),
      [
        [400, 400, 1, 1, 1],
        [400, 1, 0, 0, 0],
        [201, 0, 0, 0, 0],
      ],
    );
    assert.equal(new Set(reports.map(({ eventId }) => eventId)).size, 3);
  });

  it('says of a line what the wire has room for', () => {
    const [line] = write(1, 0)[0]?.lines ?? [];
    assert.deepEqual(Object.keys(line ?? {}).sort(), [
      'campaignId',
      'chargedMicros',
      'clickMicros',
      'clicks',
      'conversions',
      'hourAt',
      'impressions',
      'reached',
      'subcampaignId',
    ]);
  });
});
