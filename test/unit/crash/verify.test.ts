// The crash test's verifier, each of its checks broken once: a check that cannot fail proves nothing.
import assert from 'node:assert/strict';
import type { BookEntry, Campaign } from '../../../shared/contracts/documents.ts';
import type { BusinessEvent } from '../../../shared/contracts/events.ts';
import type { LedgerLine, Readings } from '../../crash/readings.ts';
import { verify } from '../../crash/verify.ts';
import { budgetChanged, campaignCreated, deliveryReported, line, statusChanged } from '../../support/events.ts';
import { importsOf } from '../../style/source-tree.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';

const opportunities = [{ segment: 'casual', surface: 'home', opportunities: 40 }];
const created = campaignCreated({ budgetMicros: 4_000_000 });
const older = budgetChanged(5_000_000, 1);
const newer = budgetChanged(6_000_000, 2);
const paused = statusChanged('paused', 1);
const first = deliveryReported('r1', {
  lines: [line({ clicks: 2, conversions: 1, chargedMicros: 300_000 })],
  opportunities,
});
const second = deliveryReported('r2', { group: 'g2', lines: [line({ impressions: 5, chargedMicros: 70_000 })] });
const other = campaignCreated({ campaignId: 'c2', budgetMicros: 1_000_000 });
const cancelled = statusChanged('cancelled', 1, { campaignId: 'c2' });
const events: BusinessEvent[] = [created, older, newer, paused, first, second, other, cancelled];

function ledgerLine(event: BusinessEvent, result: string, outcomes: LedgerLine['outcomes']): LedgerLine {
  const { source, tenantId, eventId, type: eventType } = event;
  return { id: `id-${eventId}`, source, tenantId, eventId, eventType, result, outcomes };
}

function split(type: string, budgetMicros: number) {
  return { type, budgetMicros, escrowMicros: 1_000, subcampaigns: [{ budgetMicros: budgetMicros - 1_000 }] };
}

const numbers = { spentMicros: 1_000_000, overrunMicros: 0, impressions: 15, clicks: 2, conversions: 1 };
const terms = { segments: ['casual'], surfaces: ['home'], clickPriceMicros: 500_000, trafficByDay: [1] };
const entry: BookEntry = {
  tenantId: 't1',
  campaignId: 'c1',
  subcampaignId: 's1',
  status: 'paused',
  startAtMs: START_MS,
  endAtMs: START_MS + DAY_MS,
  ...terms,
  budgetMicros: 5_999_000,
  ...numbers,
  cohorts: [{ hourAtMs: START_MS, chargedMicros: 370_000, confirmedMicros: 1_000_000 }],
  leases: [
    { group: 'g1', grantedMicros: 900_000, chargedMicros: 300_000, returnedMicros: 0, spendUntilAtMs: START_MS },
    { group: 'g2', grantedMicros: 70_000, chargedMicros: 70_000, returnedMicros: 0, spendUntilAtMs: START_MS },
  ],
};

function campaign(own: Partial<Campaign>, sub: Partial<Campaign['subcampaigns'][number]> = {}): Campaign {
  const none = { inFlightMicros: 0, leasedMicros: 0 };
  const base = {
    subcampaignId: 's1',
    market: 'SE',
    page: 'p00',
    ...terms,
    weightMicros: 1,
    medianMicros: 1,
    ...numbers,
    ...none,
  };
  return {
    schemaVersion: 1,
    tenantId: 't1',
    campaignId: 'c1',
    status: 'ended',
    budgetVersion: 2,
    statusVersion: 1,
    splitVersion: 3,
    requestedMicros: 6_000_000,
    budgetMicros: 6_000_000,
    escrowMicros: 1_000,
    subcampaigns: [{ ...base, status: 'ended', budgetMicros: 5_999_000, ...sub }],
    ...own,
  };
}

const nothing = { spentMicros: 0, impressions: 0, clicks: 0, conversions: 0 };
const closed = campaign(
  { campaignId: 'c2', budgetVersion: 0, requestedMicros: 1_000_000, budgetMicros: 1_000_000 },
  { ...nothing, budgetMicros: 999_000 },
);

function good(): Readings {
  const ledger: LedgerLine[] = [
    ledgerLine(created, 'applied', [split('campaign-accepted', 4_000_000)]),
    ledgerLine(older, 'superseded', [{ type: 'change-superseded' }]),
    ledgerLine(newer, 'applied', [split('budget-applied', 6_000_000)]),
    ledgerLine(paused, 'applied', [{ type: 'status-applied' }]),
    ledgerLine(first, 'folded', [{ type: 'delivery-folded' }, { type: 'supply-observed' }]),
    ledgerLine(second, 'folded', [{ type: 'delivery-folded' }]),
    ledgerLine(other, 'applied', [split('campaign-accepted', 1_000_000)]),
    ledgerLine(cancelled, 'applied', [{ type: 'status-applied' }]),
    {
      ...ledgerLine(created, 'applied', [{ type: 'market-paced' }]),
      id: 'tick',
      source: 'scheduler',
      tenantId: 'andante',
      eventId: 'tick:SE:1',
      eventType: 'andante.delivery-tick.v1',
    },
  ];
  const bill = { campaignId: 'c1', subcampaignId: 's1' };
  return structuredClone({
    live: {
      campaigns: [campaign({ status: 'paused' }), { ...closed, status: 'closing' }],
      entries: [{ market: 'SE', entry }],
    },
    ended: [campaign({}), closed],
    ledger,
    quarantined: [],
    rows: ledger.flatMap(({ id, outcomes }) =>
      outcomes.map(({ type }, ordinal) => ({ table: 'outcomes', rowId: `${id}:${ordinal}`, type: String(type) })),
    ),
    delivered: [
      { ...bill, impressions: 15, clicks: 2, conversions: 1, chargedMicros: 370_000, confirmedMicros: 1_000_000 },
    ],
    observed: [{ market: 'SE', opportunities: 40 }],
    billed: [
      { ...bill, billedMicros: 1_000_000 },
      { ...bill, campaignId: 'c2', billedMicros: 0 },
    ],
  });
}

/** Breaks one thing in readings that are right. */
interface Corruption {
  name: string;
  breakIt: (readings: Readings) => void;
  says: RegExp;
}

function ledgerOf(readings: Readings, event: BusinessEvent): LedgerLine {
  return readings.ledger.find(({ eventId }) => eventId === event.eventId) as LedgerLine;
}
const bookOf = ({ live }: Readings) => (live.entries[0] as { entry: BookEntry }).entry;
const liveOf = ({ live }: Readings) => live.campaigns[0] as Campaign;
const endOf = ({ ended }: Readings) => ended[0] as Campaign;
const subOf = (readings: Readings) => endOf(readings).subcampaigns[0] as Campaign['subcampaigns'][number];

const corruptions: Corruption[] = [
  {
    name: 'an event without an entry',
    breakIt: (readings) => readings.ledger.splice(0, 1),
    says: /ledger: test t1 created:c1 left no entry/,
  },
  {
    name: 'an event with two entries',
    breakIt: (readings) => readings.ledger.push({ ...ledgerOf(readings, paused), id: 'again' }),
    says: /ledger: test t1 status:c1:1 has 2 entries/,
  },
  {
    name: 'a tick with two entries',
    breakIt: (readings) => readings.ledger.push({ ...(readings.ledger.at(-1) as LedgerLine), id: 'again' }),
    says: /ledger: scheduler andante tick:SE:1 has 2 entries/,
  },
  {
    name: 'an entry that nobody published',
    breakIt: (readings) => readings.ledger.push({ ...ledgerOf(readings, paused), id: 'x', eventId: 'x' }),
    says: /ledger: test t1 x was never published/,
  },
  {
    name: 'a refused campaign',
    breakIt: (readings) => (ledgerOf(readings, created).result = 'refused'),
    says: /created:c1 is refused, must be applied/,
  },
  {
    name: 'the newest change superseded',
    breakIt: (readings) => (ledgerOf(readings, newer).result = 'superseded'),
    says: /budget:c1:2 is superseded, must be applied or waiting/,
  },
  {
    name: 'a report that is only filed',
    breakIt: (readings) => (ledgerOf(readings, first).result = 'filed'),
    says: /r1 is filed, must be folded/,
  },
  {
    name: 'a report that waits',
    breakIt: (readings) => (ledgerOf(readings, first).waitingFor = 'SE'),
    says: /r1 waits for a tick/,
  },
  {
    name: 'an entry that is not drained',
    breakIt: (readings) => (ledgerOf(readings, first).undrained = true),
    says: /r1 still owes its rows/,
  },
  {
    name: 'a quarantined message',
    breakIt: (readings) => readings.quarantined.push('EVENT_CONFLICT r1'),
    says: /quarantine: EVENT_CONFLICT r1/,
  },
  {
    name: 'a split that was off by a micro',
    breakIt: (readings) =>
      (ledgerOf(readings, newer).outcomes[0] = { ...split('budget-applied', 6_000_000), escrowMicros: 1_001 }),
    says: /budget:c1:2 splits 6000000 into 6000001/,
  },
  {
    name: 'a campaign that is not there',
    breakIt: (readings) => readings.live.campaigns.splice(0, 1),
    says: /^campaign c1: missing/,
  },
  {
    name: 'the budget of an older change',
    breakIt: (readings) => (liveOf(readings).requestedMicros = 5_000_000),
    says: /^campaign c1: requestedMicros is 5000000, must be 6000000/,
  },
  {
    name: 'an older budget version',
    breakIt: (readings) => (liveOf(readings).budgetVersion = 1),
    says: /^campaign c1: budgetVersion is 1, must be 2/,
  },
  {
    name: 'another status version',
    breakIt: (readings) => (liveOf(readings).statusVersion = 0),
    says: /^campaign c1: statusVersion is 0, must be 1/,
  },
  {
    name: 'a campaign that did not pause',
    breakIt: (readings) => (liveOf(readings).status = 'active'),
    says: /^campaign c1: status is active, must be paused/,
  },
  {
    name: 'a cancelled campaign that goes on',
    breakIt: (readings) => ((readings.live.campaigns[1] as Campaign).status = 'active'),
    says: /^campaign c2: status is active, must be closing/,
  },
  {
    name: 'a subcampaign that is in no book',
    breakIt: (readings) => readings.live.entries.splice(0, 1),
    says: /book: SE c1\/s1 has 0 entries, must have one/,
  },
  {
    name: 'a subcampaign that is in the book twice',
    breakIt: (readings) => readings.live.entries.push({ market: 'SE', entry }),
    says: /book: SE c1\/s1 has 2 entries, must have one/,
  },
  {
    name: 'an entry of nobody',
    breakIt: (readings) => readings.live.entries.push({ market: 'NO', entry }),
    says: /book: NO c1\/s1 belongs to no campaign/,
  },
  ...(['impressions', 'clicks', 'conversions', 'spentMicros', 'overrunMicros'] as const).map((number) => ({
    name: `${number} of the book`,
    breakIt: (readings: Readings) => (bookOf(readings)[number] += 1),
    says: new RegExp(`book: SE c1/s1: ${number} is ${entry[number] + 1}, must be ${entry[number]}`),
  })),
  {
    name: 'an entry that did not pause',
    breakIt: (readings) => (bookOf(readings).status = 'active'),
    says: /book: SE c1\/s1: status is active, must be paused/,
  },
  {
    name: 'a charge counted twice',
    breakIt: (readings) => ((bookOf(readings).leases[1] as BookEntry['leases'][number]).chargedMicros = 140_000),
    says: /book: SE c1\/s1 charged: g2 is 140000, must be 70000/,
  },
  {
    name: 'a charge of a group that reported none',
    breakIt: (readings) => ((bookOf(readings).leases[1] as BookEntry['leases'][number]).group = 'g3'),
    says: /book: SE c1\/s1 charged: g3 is 70000, must be undefined/,
  },
  {
    name: 'more leased than the budget has',
    breakIt: (readings) => ((bookOf(readings).leases[0] as BookEntry['leases'][number]).grantedMicros = 5_300_000),
    says: /book: SE c1\/s1 has committed 6000000 of a budget of 5999000/,
  },
  {
    name: 'more in flight than the budget has',
    breakIt: (readings) => ((bookOf(readings).cohorts[0] as BookEntry['cohorts'][number]).chargedMicros = 5_400_000),
    says: /book: SE c1\/s1 has committed 6000000 of a budget of 5999000/,
  },
  {
    name: 'a campaign that is gone in the end',
    breakIt: (readings) => readings.ended.splice(0, 1),
    says: /ended campaign c1: missing/,
  },
  {
    name: 'a campaign that does not end',
    breakIt: (readings) => (endOf(readings).status = 'active'),
    says: /ended campaign c1: status is active, must be ended/,
  },
  {
    name: 'a budget that is not what was requested',
    breakIt: (readings) => (endOf(readings).budgetMicros += 1),
    says: /ended campaign c1: budgetMicros is 6000001, must be 6000000/,
  },
  {
    name: 'parts that do not add up to the budget',
    breakIt: (readings) => (subOf(readings).budgetMicros -= 1),
    says: /ended campaign c1: split is 5999999, must be 6000000/,
  },
  {
    name: 'a part that is gone in the end',
    breakIt: (readings) => (endOf(readings).subcampaigns = []),
    says: /ended campaign c1\/s1: missing/,
  },
  ...(
    ['impressions', 'clicks', 'conversions', 'spentMicros', 'inFlightMicros', 'leasedMicros', 'overrunMicros'] as const
  ).map((number) => ({
    name: `${number} of an ended part`,
    breakIt: (readings: Readings) => (subOf(readings)[number] += 1),
    says: new RegExp(`ended campaign c1/s1: ${number} is`),
  })),
  {
    name: 'a part that does not end',
    breakIt: (readings) => (subOf(readings).status = 'paused'),
    says: /ended campaign c1\/s1: status is paused, must be ended/,
  },
  {
    name: 'a part billed twice',
    breakIt: (readings) => readings.billed.push({ campaignId: 'c1', subcampaignId: 's1', billedMicros: 1_000_000 }),
    says: /ended campaign c1\/s1: billed 1000000 and 1000000, must be 1000000/,
  },
  {
    name: 'a part that is not billed',
    breakIt: (readings) => readings.billed.splice(0, 1),
    says: /ended campaign c1\/s1: billed nothing, must be 1000000/,
  },
  {
    name: 'a bill above the budget',
    breakIt: (readings) => {
      subOf(readings).budgetMicros = 900_000;
    },
    says: /ended campaign c1\/s1: billed 1000000, must be 900000/,
  },
  {
    name: 'a row that is not shown',
    breakIt: (readings) => readings.rows.splice(0, 1),
    says: /rows: id-created:c1:0 is not shown/,
  },
  {
    name: 'a row that is shown twice',
    breakIt: (readings) => readings.rows.push(readings.rows[0] as Readings['rows'][number]),
    says: /rows: id-created:c1:0 is shown 2 times/,
  },
  {
    name: 'a row that nobody owes',
    breakIt: (readings) => readings.rows.push({ table: 'outcomes', rowId: 'x:0', type: 'market-paced' }),
    says: /rows: x:0 is owed by no ledger entry/,
  },
  {
    name: 'a row of another outcome',
    breakIt: (readings) => ((readings.rows[0] as Readings['rows'][number]).type = 'campaign-refused'),
    says: /rows: id-created:c1:0 is a campaign-refused, must be a campaign-accepted/,
  },
  ...(['impressions', 'clicks', 'conversions', 'chargedMicros', 'confirmedMicros'] as const).map((number) => ({
    name: `delivered ${number}`,
    breakIt: (readings: Readings) => ((readings.delivered[0] as Readings['delivered'][number])[number] += 1),
    says: new RegExp(`delivered c1/s1: ${number} is`),
  })),
  {
    name: 'opportunities seen twice',
    breakIt: (readings) => ((readings.observed[0] as Readings['observed'][number]).opportunities = 80),
    says: /supply observed: SE is 80, must be 40/,
  },
];

describe('the crash test’s verifier', () => {
  it('has nothing to say where everything is as it must be', () => {
    assert.deepEqual(verify(events, good()), []);
  });

  it('runs no line of what it judges', async () => {
    for (const file of ['test/crash/verify.ts', 'test/crash/expected.ts']) {
      const run = (await importsOf(file)).filter(({ isTypeOnly }) => !isTypeOnly).map(({ target }) => target);
      assert.deepEqual(
        run.filter((target) => target !== 'test/crash/expected.ts'),
        [],
        file,
      );
    }
  });

  it('lets a cancelled campaign that delivered nothing be closing or ended', () => {
    const readings = good();
    (readings.live.campaigns[1] as Campaign).status = 'ended';
    assert.deepEqual(verify(events, readings), []);
  });

  for (const { name, breakIt, says } of corruptions) {
    it(`sees ${name}`, () => {
      const readings = good();
      breakIt(readings);
      const found = verify(events, readings);
      assert(
        found.some((violation) => says.test(violation)),
        found.join('\n') || 'it saw nothing',
      );
    });
  }
});
