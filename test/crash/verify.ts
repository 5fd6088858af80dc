// The separate verifier: what is stored against what the published events come to. A sentence for everything that is not
// as it must be; test/unit/crash breaks each check once.
import type { BookEntry, Campaign } from '../../shared/contracts/documents.ts';
import type { BusinessEvent } from '../../shared/contracts/events.ts';
import { expectedOf, type ExpectedCampaign, type ExpectedPart } from './expected.ts';
import type { LedgerLine, LiveReadings, Readings } from './readings.ts';

export function verify(events: readonly BusinessEvent[], readings: Readings): string[] {
  const { campaigns, observed } = expectedOf(events);
  return [
    ...ledgerViolations(events, readings),
    ...liveViolations(campaigns, readings.live),
    ...campaigns.flatMap((campaign) => endViolations(campaign, readings)),
    ...splitViolations(readings.ledger),
    ...rowViolations(readings),
    ...campaigns.flatMap(({ parts }) => parts.flatMap((part) => deliveryViolations(part, readings))),
    ...differences('supply observed', Object.fromEntries(observed), observedOf(readings)),
  ];
}

/** Fields that are not what they must be. */
function differences(about: string, expected: Readonly<Record<string, unknown>>, found: object | undefined): string[] {
  if (!found) return [`${about}: missing`];
  const values = found as Readonly<Record<string, unknown>>;
  return [...new Set([...Object.keys(expected), ...Object.keys(found)])]
    .filter((name) => values[name] !== expected[name])
    .map((name) => `${about}: ${name} is ${String(values[name])}, must be ${String(expected[name])}`);
}

const keyOf = ({ source, tenantId, eventId }: Pick<LedgerLine, 'source' | 'tenantId' | 'eventId'>) =>
  `${source} ${tenantId} ${eventId}`;
const TICK = 'andante.delivery-tick.v1';

function ledgerViolations(events: readonly BusinessEvent[], { ledger, quarantined }: Readings): string[] {
  const lines = Map.groupBy(ledger, keyOf);
  const published = new Map(events.map((event) => [keyOf(event), event]));
  const newest = newestChanges(events);
  return [
    ...[...published.keys()].filter((key) => !lines.has(key)).map((key) => `ledger: ${key} left no entry`),
    ...[...lines].flatMap(([key, own]) => (own.length > 1 ? [`ledger: ${key} has ${own.length} entries`] : [])),
    ...ledger.flatMap((line) => {
      const key = keyOf(line);
      const event = published.get(key);
      if (!event) return line.eventType === TICK ? [] : [`ledger: ${key} was never published`];
      const results = allowedResults(event, newest.has(event));
      return results.includes(line.result) ? [] : [`ledger: ${key} is ${line.result}, must be ${results.join(' or ')}`];
    }),
    ...ledger.flatMap((line) => (line.waitingFor === undefined ? [] : [`ledger: ${keyOf(line)} waits for a tick`])),
    ...ledger.flatMap((line) => (line.undrained ? [`ledger: ${keyOf(line)} still owes its rows`] : [])),
    ...quarantined.map((name) => `quarantine: ${name}`),
  ];
}

function allowedResults(event: BusinessEvent, isNewest: boolean): string[] {
  switch (event.type) {
    case 'andante.campaign-created.v1':
      return ['applied'];
    case 'andante.delivery-reported.v1':
      return ['folded'];
    default:
      return isNewest ? ['applied', 'waiting'] : ['applied', 'waiting', 'superseded'];
  }
}

/** The change of each campaign and register that no other may supersede. */
function newestChanges(events: readonly BusinessEvent[]): Set<BusinessEvent> {
  const newest = new Map<string, { event: BusinessEvent; version: number }>();
  for (const event of events) {
    const { type, data } = event;
    if (type === 'andante.campaign-created.v1' || type === 'andante.delivery-reported.v1') continue;
    if ('cause' in data) continue;
    const version = 'budgetVersion' in data ? data.budgetVersion : data.statusVersion;
    const register = `${type} ${data.campaignId}`;
    if (version > (newest.get(register)?.version ?? 0)) newest.set(register, { event, version });
  }
  return new Set([...newest.values()].map(({ event }) => event));
}

const liveStatus = { active: 'active', paused: 'paused', cancelled: 'closing', completed: 'closing' } as const;

function liveViolations(
  campaigns: readonly ExpectedCampaign[],
  { campaigns: stored, entries }: LiveReadings,
): string[] {
  const books = Map.groupBy(entries, ({ market, entry }) => `${market} ${entry.campaignId}/${entry.subcampaignId}`);
  const expectedEntries = new Set<string>();
  const violations = campaigns.flatMap((campaign) => {
    const { campaignId, parts } = campaign;
    const status = liveStatus[campaign.status];
    const found = stored.find((candidate) => candidate.campaignId === campaignId);
    // A campaign that is closing and has delivered nothing ends at its next tick.
    const isGone = status === 'closing';
    return [
      ...differences(
        `campaign ${campaignId}`,
        { ...registersOf(campaign), status: isGone && found?.status === 'ended' ? 'ended' : status },
        found && { ...registersOf(found), status: found.status },
      ),
      ...parts.flatMap((part) => {
        const key = `${part.market} ${campaignId}/${part.subcampaignId}`;
        expectedEntries.add(key);
        const own = books.get(key) ?? [];
        if (own.length === 0 && isGone) return [];
        if (own.length !== 1) return [`book: ${key} has ${own.length} entries, must have one`];
        return entryViolations(key, part, status, (own[0] as LiveReadings['entries'][number]).entry);
      }),
    ];
  });
  const strangers = [...books.keys()].filter((key) => !expectedEntries.has(key));
  return [...violations, ...strangers.map((key) => `book: ${key} belongs to no campaign`)];
}

function registersOf({ requestedMicros, budgetVersion, statusVersion }: ExpectedCampaign | Campaign) {
  return { requestedMicros, budgetVersion, statusVersion };
}

function entryViolations(key: string, part: ExpectedPart, status: string, entry: BookEntry): string[] {
  const { impressions, clicks, conversions, spentMicros } = part;
  const groups = Object.fromEntries(
    entry.leases.filter((lease) => lease.chargedMicros > 0).map((lease) => [lease.group, lease.chargedMicros]),
  );
  const committedMicros = committedOf(entry);
  return [
    ...differences(
      `book: ${key}`,
      { impressions, clicks, conversions, spentMicros, status, overrunMicros: 0 },
      {
        impressions: entry.impressions,
        clicks: entry.clicks,
        conversions: entry.conversions,
        spentMicros: entry.spentMicros,
        status: entry.status,
        overrunMicros: entry.overrunMicros,
      },
    ),
    ...differences(`book: ${key} charged`, part.chargedByGroup, groups),
    ...(committedMicros <= entry.budgetMicros
      ? []
      : [`book: ${key} has committed ${committedMicros} of a budget of ${entry.budgetMicros}`]),
  ];
}

/** Spent, in flight and leased. */
function committedOf({ spentMicros, cohorts, leases, unexpectedMicros = 0 }: BookEntry): number {
  const inFlight = cohorts.map((cohort) => Math.max(0, cohort.chargedMicros - cohort.confirmedMicros));
  const leased = leases.map((lease) => Math.max(0, lease.grantedMicros - lease.returnedMicros - lease.chargedMicros));
  const awaited = inFlight.reduce((sum, micros) => sum + micros, -unexpectedMicros);
  return leased.reduce((sum, micros) => sum + micros, spentMicros + Math.max(0, awaited));
}

/** After all flights nothing is leased or in flight, and each part is billed once. */
function endViolations(campaign: ExpectedCampaign, { ended, billed }: Readings): string[] {
  const about = `ended campaign ${campaign.campaignId}`;
  const found = ended.find((candidate) => candidate.campaignId === campaign.campaignId);
  if (!found) return [`${about}: missing`];
  const split = found.subcampaigns.reduce((sum, sub) => sum + sub.budgetMicros, found.escrowMicros);
  const { requestedMicros } = campaign;
  return [
    ...differences(
      about,
      { ...registersOf(campaign), status: 'ended', budgetMicros: requestedMicros, split: requestedMicros },
      { ...registersOf(found), status: found.status, budgetMicros: found.budgetMicros, split },
    ),
    ...campaign.parts.flatMap(({ subcampaignId, impressions, clicks, conversions, spentMicros }) => {
      const sub = found.subcampaigns.find((candidate) => candidate.subcampaignId === subcampaignId);
      const name = `${about}/${subcampaignId}`;
      const nothing = { inFlightMicros: 0, leasedMicros: 0, overrunMicros: 0 };
      const bills = billed
        .filter((row) => row.campaignId === campaign.campaignId && row.subcampaignId === subcampaignId)
        .map((row) => row.billedMicros);
      const due = Math.min(spentMicros, sub?.budgetMicros ?? 0);
      return [
        ...differences(
          name,
          { impressions, clicks, conversions, spentMicros, ...nothing, status: 'ended' },
          sub && {
            impressions: sub.impressions,
            clicks: sub.clicks,
            conversions: sub.conversions,
            spentMicros: sub.spentMicros,
            inFlightMicros: sub.inFlightMicros,
            leasedMicros: sub.leasedMicros,
            overrunMicros: sub.overrunMicros,
            status: sub.status,
          },
        ),
        ...(bills.length === 1 && bills[0] === due
          ? []
          : [`${name}: billed ${bills.join(' and ') || 'nothing'}, must be ${due}`]),
      ];
    }),
  ];
}

/** Every split that was ever decided adds up. */
function splitViolations(ledger: readonly LedgerLine[]): string[] {
  return ledger.flatMap((line) =>
    line.outcomes.flatMap((outcome) => {
      if (outcome['type'] !== 'campaign-accepted' && outcome['type'] !== 'budget-applied') return [];
      const { budgetMicros, escrowMicros, subcampaigns } = outcome as {
        budgetMicros: number;
        escrowMicros: number;
        subcampaigns: { budgetMicros: number }[];
      };
      const split = subcampaigns.reduce((sum, sub) => sum + sub.budgetMicros, escrowMicros);
      return split === budgetMicros ? [] : [`ledger: ${keyOf(line)} splits ${budgetMicros} into ${split}`];
    }),
  );
}

/** The views show what the ledger owes: each row once, nothing else. */
function rowViolations({ ledger, rows }: Readings): string[] {
  const owed = new Map<string, string>(
    ledger.flatMap(({ id, outcomes }) =>
      outcomes.map((outcome, ordinal) => [`${id}:${ordinal}`, String(outcome['type'])] as const),
    ),
  );
  const shown = Map.groupBy(rows, ({ rowId }) => rowId);
  return [
    ...[...owed.keys()].filter((rowId) => !shown.has(rowId)).map((rowId) => `rows: ${rowId} is not shown`),
    ...[...shown].flatMap(([rowId, own]) => [
      ...(own.length > 1 ? [`rows: ${rowId} is shown ${own.length} times`] : []),
      ...(owed.has(rowId) ? [] : [`rows: ${rowId} is owed by no ledger entry`]),
      ...(owed.has(rowId) && own.some(({ type }) => type !== owed.get(rowId))
        ? [`rows: ${rowId} is a ${own[0]?.type ?? ''}, must be a ${owed.get(rowId) ?? ''}`]
        : []),
    ]),
  ];
}

/** What BigQuery adds up is what was reported. */
function deliveryViolations(part: ExpectedPart, { delivered }: Readings): string[] {
  const { campaignId, subcampaignId, impressions, clicks, conversions, chargedMicros, spentMicros } = part;
  const found = delivered.filter((row) => row.campaignId === campaignId && row.subcampaignId === subcampaignId);
  const nothing = { impressions: 0, clicks: 0, conversions: 0, chargedMicros: 0, confirmedMicros: 0 };
  const sums = { campaignId, subcampaignId, ...nothing };
  for (const row of found) {
    for (const name of Object.keys(nothing) as (keyof typeof nothing)[]) sums[name] += row[name];
  }
  const expected = { impressions, clicks, conversions, chargedMicros, confirmedMicros: spentMicros };
  return differences(`delivered ${campaignId}/${subcampaignId}`, { campaignId, subcampaignId, ...expected }, sums);
}

function observedOf({ observed }: Readings): Record<string, number> {
  return Object.fromEntries(observed.map(({ market, opportunities }) => [market, opportunities]));
}
