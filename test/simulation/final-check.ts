// What must be true when the faults have stopped and everything has been delivered: nothing waits, nothing is held, every
// published event left its trace once, and tables and books add up to what was published.
import type { Outcome } from '../../shared/contracts/outcomes.ts';
import { isNoticed } from './audit-lifecycle.ts';
import { idOf, noticeIdOf, type Books } from './books.ts';
import type { TableRow } from './faulty-bigquery.ts';

export function finalViolations(books: Books): string[] {
  return [
    ...traces(books),
    ...held(books),
    ...rowDifferences(books),
    ...delivered(books),
    ...accounts(books),
    ...told(books),
  ];
}

/** Nothing is acknowledged without a trace, and nothing waits any more. */
function traces({ published, ledger, quarantined, campaigns }: Books): string[] {
  const refused = new Map<string, number>();
  for (const { eventId, tenantId } of quarantined.values())
    refused.set(`${tenantId ?? ''} ${eventId ?? ''}`, (refused.get(`${tenantId ?? ''} ${eventId ?? ''}`) ?? 0) + 1);
  const wrong: string[] = [];
  for (const [key, { events, isReadable, isTaken }] of published) {
    const [event] = events;
    if (!event || !isTaken) continue;
    const isApplied = ledger.has(key);
    const refusals = refused.get(`${event.tenantId} ${event.eventId}`) ?? 0;
    const mayBeRefused = !isReadable || belongsToAnother(campaigns, event);
    if (!isApplied && refusals === 0) wrong.push(`invariant 4: ${event.eventId} left no trace`);
    if (!isApplied && refusals > 0 && !mayBeRefused && events.length === 1)
      wrong.push(`${event.eventId} was quarantined without a reason`);
    const payloads = new Set(events.map((one) => JSON.stringify(one.data))).size;
    if (payloads > 1 && refusals < payloads - (isApplied ? 1 : 0))
      wrong.push(`invariant 3: ${event.eventId} has ${payloads} payloads, ${refusals} were quarantined`);
  }
  for (const { entry } of ledger.values()) {
    if (entry.undrained) wrong.push(`invariant 3: ${entry.eventId} still owes its rows`);
    if (entry.waitingFor !== undefined) wrong.push(`${entry.eventId} still waits for ${entry.waitingFor}`);
  }
  return wrong;
}

function belongsToAnother(
  campaigns: Books['campaigns'],
  { tenantId, data }: { tenantId: string; data: object },
): boolean {
  if (!('campaignId' in data)) return false;
  return [...campaigns.values()].some(
    (one) => one.campaignId === data.campaignId && one.tenantId !== tenantId && one.order,
  );
}

/** Every subcampaign came to its end and holds nothing. */
function held({ entries, campaigns, ended }: Books): string[] {
  const wrong = [...entries.values()].map((entry) => `liveness: ${entry.key} is still ${entry.status}`);
  for (const campaign of campaigns.values()) {
    if (campaign.order && campaign.status !== 'ended')
      wrong.push(`liveness: ${campaign.campaignId} is still ${campaign.status}`);
    for (const part of campaign.parts.values())
      if (!ended.has(part.key)) wrong.push(`liveness: ${part.key} never ended`);
  }
  return wrong;
}

/** The rows of the de-duplicated view are exactly what the ledger owes. */
function rowDifferences({ ledger, warehouse: { tables } }: Books): string[] {
  const shown = new Map<string, { table: string; json: TableRow['json'] }>();
  const wrong: string[] = [];
  for (const [table, rows] of tables) {
    for (const { insertId, json } of rows) {
      if (insertId !== json.row_id) wrong.push(`invariant 3: row ${json.row_id} was sent as ${insertId}`);
      const known = shown.get(json.row_id);
      if (known && (known.table !== table || factsOf(known.json) !== factsOf(json)))
        wrong.push(`invariant 3: two rows are called ${json.row_id}`);
      shown.set(json.row_id, { table, json });
    }
  }
  let owed = 0;
  for (const { path, entry } of ledger.values()) {
    owed += entry.outcomes.length;
    entry.outcomes.forEach((_, ordinal) => {
      const id = `${idOf(path)}:${ordinal}`;
      if (!shown.has(id)) wrong.push(`invariant 3: row ${id} of ${entry.eventId} is in no table`);
    });
  }
  if (owed !== shown.size) wrong.push(`invariant 3: the ledger owes ${owed} rows, the views show ${shown.size}`);
  return wrong;
}

function factsOf({ ingested_at: _at, ...facts }: TableRow['json']): string {
  return JSON.stringify(facts);
}

/** Tables, books and quarantine against the sums of what was published. */
function delivered({ published, ledger, quarantined, ended, warehouse: { tables } }: Books): string[] {
  const wrong: string[] = [];
  const told = new Map<string, number[]>();
  for (const [key, { events }] of published) {
    const [event] = events;
    if (event?.type !== 'andante.delivery-reported.v1' || !ledger.has(key)) continue;
    for (const line of event.data.lines)
      add(told, `${line.campaignId}/${line.subcampaignId}`, [
        line.impressions,
        line.clicks,
        line.conversions,
        line.chargedMicros,
      ]);
  }
  for (const { eventId, body } of quarantined.values()) {
    if (!eventId?.startsWith('stray:')) continue;
    const { data } = JSON.parse(body) as { data: { lines: StrayLine[] } };
    for (const line of data.lines)
      add(told, `${line.campaignId}/${line.subcampaignId}`, [
        -line.impressions,
        -line.clicks,
        -line.conversions,
        -line.chargedMicros,
      ]);
  }
  const inTable = new Map<string, number[]>();
  for (const { json } of once(tables.get('deliveries'))) {
    for (const line of json['lines'] as Record<string, unknown>[])
      add(inTable, `${String(line['campaign_id'])}/${String(line['subcampaign_id'])}`, [
        line['impressions'],
        line['clicks'],
        line['conversions'],
        line['charged_micros'],
      ] as number[]);
  }
  for (const [key, sums] of told) {
    const row = inTable.get(key) ?? [0, 0, 0, 0];
    if (sums.join() !== row.join())
      wrong.push(`invariant 6: ${key}: reports add up to ${sums.join()}, the table to ${row.join()}`);
    const entry = ended.get(key);
    if (!entry) continue;
    const book = [entry.impressions, entry.clicks, entry.conversions];
    if (sums.slice(0, 3).join() !== book.join())
      wrong.push(`invariant 6: ${key}: reports add up to ${sums.join()}, the book to ${book.join()}`);
    if (entry.spent !== (sums[1] as number) * entry.priceMicros)
      wrong.push(`${key} spent ${entry.spent} on ${String(sums[1])} clicks`);
  }
  const billed = once(tables.get('outcomes')).filter(
    ({ json }) => json['type'] === ('subcampaign-ended' satisfies Outcome['type']),
  );
  if (billed.length !== ended.size) wrong.push(`${ended.size} subcampaigns ended, ${billed.length} have a bill`);
  // A rebalance that nothing would gain by has no outcome.
  const changes = [...published].filter(
    ([key, { events }]) =>
      (ledger.get(key)?.entry.outcomes.length ?? 0) > 0 && events[0]?.type !== 'andante.delivery-reported.v1',
  ).length;
  const answered = new Set(once(tables.get('outcomes')).map(({ json }) => json.row_id.split(':')[0]));
  const ticks = [...ledger.values()].filter(({ entry }) => entry.eventType.includes('delivery-tick')).length;
  if (answered.size !== changes + ticks)
    wrong.push(`${changes} changes and ${ticks} ticks were decided, ${answered.size} have rows`);
  return wrong;
}

/** Every campaign that was booked has one final account in the tables, and a refund of what that leaves. */
function accounts({ campaigns, warehouse: { tables } }: Books): string[] {
  const rows = once(tables.get('outcomes'));
  const of = (type: Outcome['type'], campaignId: string) =>
    rows.filter(({ json }) => json['type'] === type && json['campaign_id'] === campaignId).map(({ json }) => json);
  return [...campaigns.values()].flatMap(({ order, campaignId, parts, escrow }) => {
    if (!order) return [];
    const finals = of('campaign-final', campaignId);
    const refunded = of('campaign-refunded', campaignId).reduce(
      (sum, row) => sum + (row['refund_micros'] as number),
      0,
    );
    let [reserved, billed] = [escrow, 0];
    for (const part of parts.values()) {
      reserved += part.budget;
      billed += Math.min(part.spent, part.budget);
    }
    const isRight = finals.length === 1 && finals[0]?.['billed_micros'] === billed && refunded === reserved - billed;
    return isRight
      ? []
      : [`invariant 1: ${campaignId} is final ${finals.length} times, ${refunded} refunded of ${reserved - billed}`];
  });
}

/** Booking flows were told of every outcome that is one for them, in the same words each time, and of nothing else. */
function told({ ledger, notices }: Books): string[] {
  const wrong: string[] = [];
  const due = new Map<string, string>();
  for (const { path, entry } of ledger.values())
    entry.outcomes.forEach((outcome, ordinal) => {
      if (isNoticed(outcome)) due.set(noticeIdOf(path, ordinal), `${outcome.tenantId} ${outcome.campaignId}`);
    });
  const texts = new Map<string, string>();
  for (const notice of notices) {
    const { eventId, tenantId, data } = notice;
    if (due.get(eventId) !== `${tenantId} ${data.campaignId}`) wrong.push(`${eventId} tells of what nobody decided`);
    const text = JSON.stringify(notice);
    if ((texts.get(eventId) ?? text) !== text) wrong.push(`${eventId} was told in two ways`);
    texts.set(eventId, text);
  }
  for (const [id, about] of due) if (!texts.has(id)) wrong.push(`nobody was told ${id} of ${about}`);
  return wrong;
}

interface StrayLine {
  campaignId: string;
  subcampaignId: string;
  impressions: number;
  clicks: number;
  conversions: number;
  chargedMicros: number;
}

function add(sums: Map<string, number[]>, key: string, amounts: number[]): void {
  const known = sums.get(key) ?? amounts.map(() => 0);
  sums.set(
    key,
    known.map((sum, index) => sum + (amounts[index] as number)),
  );
}

function once(rows: readonly TableRow[] = []): TableRow[] {
  return [...new Map(rows.map((row) => [row.json.row_id, row])).values()];
}
