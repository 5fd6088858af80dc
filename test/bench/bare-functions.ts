// What `bench events` compares with: functions on equal push subscriptions that make the same reads, writes and appends
// with the plain Google clients and do nothing else: no validation, no decision, no log, no retry, no port.
//
//   node test/bench/bare-functions.ts --port N     prints {"url": "http://127.0.0.1:N"} when it listens
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { BigQuery } from '@google-cloud/bigquery';
import {
  FieldPath,
  FieldValue,
  Firestore,
  type DocumentReference,
  type QueryDocumentSnapshot,
} from '@google-cloud/firestore';
import { cloudEvent } from '@google-cloud/functions-framework';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { PubSub } from '@google-cloud/pubsub';
import type { BudgetChangedWire, DeliveryReportedWire, DeliveryTickWire } from '../../shared/contracts/events.ts';

const projectId = process.env['GOOGLE_CLOUD_PROJECT'] as string;
const dataset = process.env['BIGQUERY_DATASET'] as string;
const tickIntervalMs = Number(process.env['TICK_INTERVAL_MS']);
const firestore = new Firestore({ projectId });
const bigquery = new BigQuery({ projectId });
const ticks = new PubSub({ projectId }).topic('delivery-tick', { batching: { maxMessages: 100, maxMilliseconds: 5 } });
const HASH = '0'.repeat(64);
const LEDGER_MS = 90 * 86_400_000;

type Row = Record<string, unknown> & { row_id: string };

interface Entry {
  campaignId: string;
  budgetMicros: number;
  impressions: number;
  clicks: number;
  cohorts: [number, number, number][];
}

function bodyOf<T>(event: unknown): T {
  const { data } = (event as { data: { message: { data: string } } }).data.message;
  return JSON.parse(Buffer.from(data, 'base64').toString('utf8')) as T;
}

function ledgerFields(event: { source: string; tenantId: string; eventId: string; type: string }, atMs: number) {
  const { source, tenantId, eventId, type } = event;
  return {
    schemaVersion: 1,
    source,
    tenantId,
    eventId,
    eventType: type,
    payloadHash: HASH,
    occurredAtMs: atMs,
    recordedAtMs: atMs,
  };
}

function envelope(event: { source: string; eventId: string; occurredAt: string }, ordinal: number) {
  const { source, eventId, occurredAt } = event;
  const instants = { event_date: occurredAt.slice(0, 10), event_at: occurredAt, ingested_at: new Date().toISOString() };
  return { row_id: `${eventId}:${ordinal}`, ...instants, source, event_id: eventId };
}

async function append(table: string, rows: Row[]): Promise<void> {
  for (let start = 0; start < rows.length; start += 500) {
    const raw = rows.slice(start, start + 500).map((json) => ({ insertId: json.row_id, json }));
    await bigquery.dataset(dataset).table(table).insert(raw, { raw: true });
  }
}

async function markDrained(refs: DocumentReference[]): Promise<void> {
  const batch = firestore.batch();
  for (const ref of refs)
    batch.update(ref, { undrained: FieldValue.delete(), expireAt: new Date(Date.now() + LEDGER_MS) });
  await batch.commit();
}

/** One create. */
cloudEvent('delivery-reported', async (event: unknown) => {
  const report = bodyOf<DeliveryReportedWire>(event);
  const fields = { ...ledgerFields(report, Date.parse(report.occurredAt)), result: 'filed', outcomes: '[]' };
  const filed = { ...fields, report: JSON.stringify(report.data), waitingFor: report.data.market };
  await firestore.doc(`ledger/${report.eventId}`).create(filed);
});

/** Reads campaign, market, page and, for a raise, supply; one transaction; one row; one mark. */
cloudEvent('budget-changed', async (event: unknown) => {
  const change = bodyOf<BudgetChangedWire>(event);
  if ('cause' in change.data) throw new Error('the bare side knows no rebalance');
  const { campaignId, budgetMicros, budgetVersion } = change.data;
  const ledger = firestore.doc(`ledger/${change.eventId}`);
  const campaignRef = firestore.doc(`tenants/${change.tenantId}/campaigns/${campaignId}`);
  const [before] = await firestore.getAll(campaignRef);
  const campaign = before?.data() as {
    budgetMicros: number;
    terms: { startAtMs: number; endAtMs: number };
    subcampaigns: { market: string; page: string }[];
  };
  const [{ market, page: pageName }] = campaign.subcampaigns as [{ market: string; page: string }];
  const marketRef = firestore.doc(`markets/${market}`);
  const pageRef = firestore.doc(`markets/${market}/book/${pageName}`);
  const [bookBefore] = await firestore.getAll(marketRef);
  const days: DocumentReference[] = [];
  const { startAtMs, endAtMs } = campaign.terms;
  if (budgetMicros > campaign.budgetMicros) {
    const firstMs = Math.floor(startAtMs / 86_400_000) * 86_400_000;
    for (let atMs = firstMs; atMs < endAtMs; atMs += 86_400_000)
      days.push(marketRef.collection('supply').doc(new Date(atMs).toISOString().slice(0, 10)));
  }
  const snapshot = await firestore.getAll(pageRef, ...days);
  const subcampaigns = [{ subcampaignId: 's1', market, budgetMicros }];
  const outcomes = [
    {
      type: 'budget-applied',
      tenantId: change.tenantId,
      campaignId,
      requestedMicros: budgetMicros,
      budgetMicros,

      escrowMicros: 0,
      budgetVersion,
      splitVersion: 1,
      subcampaigns,
    },
  ];
  await firestore.runTransaction(async (transaction) => {
    const [known, stored] = await transaction.getAll(ledger, campaignRef);
    if (known?.exists === true) return;
    const [bookNow] = await transaction.getAll(marketRef);
    const versions = bookNow?.data() as { bookVersion: number };
    // As ours: a page that another writer moved since it was read is read again.
    const isStale = versions.bookVersion !== bookBefore?.get('bookVersion');
    const [page] = isStale ? await transaction.getAll(pageRef) : snapshot;
    const entries = JSON.parse(page?.get('entries') as string) as Entry[];
    for (const entry of entries) if (entry.campaignId === campaignId) entry.budgetMicros = budgetMicros;
    transaction.set(campaignRef, {
      ...stored?.data(),
      budgetMicros,
      requestedMicros: budgetMicros,

      budgetVersion,
    });
    transaction.set(pageRef, { ...page?.data(), entries: JSON.stringify(entries) });
    transaction.set(marketRef, { ...bookNow?.data(), bookVersion: versions.bookVersion + 1 });
    transaction.create(ledger, {
      ...ledgerFields(change, Date.parse(change.occurredAt)),
      result: 'applied',
      outcomes: JSON.stringify(outcomes),
      undrained: true,
    });
  });
  const row = {
    ...envelope(change, 0),
    type: 'budget-applied',
    tenant_id: change.tenantId,
    campaign_id: campaignId,
    requested_micros: budgetMicros,
    budget_micros: budgetMicros,
    escrow_micros: 0,
    budget_version: budgetVersion,
    split_version: 1,
    subcampaigns: [{ subcampaign_id: 's1', market, budget_micros: budgetMicros }],
  };
  await append('outcomes', [row]);
  await markDrained([ledger]);
});

/** Without a market: a message for each. With one: its waiting reports added up in one transaction, rows, marks. */
cloudEvent('delivery-tick', async (event: unknown) => {
  const tick = bodyOf<DeliveryTickWire>(event);
  const { market, scheduledFor = '' } = tick;
  if (market === undefined) {
    const markets = await firestore.collection('markets').get();
    await Promise.all(markets.docs.map(({ id }) => ticks.publishMessage({ json: { ...tick, market: id } })));
    return;
  }
  const marketRef = firestore.doc(`markets/${market}`);
  const [known] = await firestore.getAll(marketRef);
  const pages = (known?.get('pages') as { page: string }[]).map(({ page }) => marketRef.collection('book').doc(page));
  // As ours: the day's supply is known from the tick before.
  const snapshot = await firestore.getAll(...pages);
  const waiting = await firestore
    .collection('ledger')
    .where('waitingFor', '==', market)
    .orderBy(FieldPath.documentId())
    .limit(161)
    .get();
  const nowMs = Date.parse(scheduledFor);
  const slot = nowMs / tickIntervalMs;
  const tickRef = firestore.doc(`ledger/tick-${market}-${slot}`);
  const rows = await firestore.runTransaction(async (transaction) => {
    const [now] = await transaction.getAll(marketRef);
    const isStale = (now?.get('bookVersion') as number) !== (known?.get('bookVersion') as number);
    const books = isStale ? await transaction.getAll(...pages) : snapshot;
    const entries = (await transaction.getAll(...waiting.docs.map(({ ref }) => ref))) as QueryDocumentSnapshot[];
    const parsed = books.map((page) => ({ page, entries: JSON.parse(page.get('entries') as string) as Entry[] }));
    const byCampaign = new Map(
      parsed.flatMap((book) => book.entries.map((entry) => [entry.campaignId, entry] as const)),
    );
    const folded = entries.map((entry) => foldReport(entry, byCampaign));
    const lines = [...byCampaign.values()].map(({ campaignId, impressions, clicks }) => ({
      campaignId,
      subcampaignId: 's1',
      status: 'active',
      spentMicros: 0,
      inFlightMicros: 0,
      leasedMicros: 0,
      overrunMicros: 0,
      impressions,
      clicks,
      conversions: 0,
    }));
    for (const { page, entries: own } of parsed)
      transaction.set(page.ref, { ...page.data(), entries: JSON.stringify(own) });
    transaction.set(marketRef, {
      ...now?.data(),
      bookVersion: (now?.get('bookVersion') as number) + 1,
      watermarkSlot: slot,
      planVersion: slot,
    });
    const plan = JSON.stringify({ market, slot, lines: [...byCampaign.values()] });
    transaction.set(firestore.doc(`plans/${market}`), {
      schemaVersion: 1,
      market,
      planVersion: slot,
      slot,
      hash: HASH,
      body: gzipSync(plan, { level: 1 }),
    });
    for (const { ref, fields } of folded) transaction.set(ref, fields);
    const paced = { type: 'market-paced', tenantId: 'andante', market, page: 'p00', slot, subcampaigns: lines };
    transaction.create(tickRef, {
      ...ledgerFields({ ...tick, eventId: `tick:${market}:${slot}` }, nowMs),
      result: 'applied',
      outcomes: JSON.stringify([paced]),
      undrained: true,
    });
    const pacedRow = {
      ...envelope({ source: tick.source, eventId: `tick:${market}:${slot}`, occurredAt: scheduledFor }, 0),
      type: 'market-paced',
      tenant_id: 'andante',
      market,
      page: 'p00',
      slot,
      subcampaigns: lines.map(toRecord),
    };
    return {
      paced: [pacedRow],
      deliveries: folded.map(({ delivery }) => delivery),
      observations: folded.map(({ observation }) => observation),
      refs: folded.map(({ ref }) => ref),
    };
  });
  await append('deliveries', rows.deliveries);
  await append('supply_observations', rows.observations);
  await append('outcomes', rows.paced);
  await markDrained([...rows.refs, tickRef]);
});

function foldReport(entry: QueryDocumentSnapshot, byCampaign: ReadonlyMap<string, Entry>) {
  const { report, waitingFor: _done, ...kept } = entry.data();
  const { market, group, windowStartAt, windowEndAt, lines, opportunities, sample } = JSON.parse(
    report as string,
  ) as DeliveryReportedWire['data'];
  for (const line of lines) {
    const own = byCampaign.get(line.campaignId) as Entry;
    own.impressions += line.impressions;
    own.clicks += line.clicks;
    const [cohort] = own.cohorts;
    if (cohort) cohort[1] += line.chargedMicros;
    else own.cohorts.push([Date.parse(line.hourAt), line.chargedMicros, 0]);
  }
  const about = { tenantId: 'andante', market, group, windowStartAt, windowEndAt };
  const folded = lines.map((line) => ({ ...line, confirmedMicros: line.clicks * 500_000 }));
  const outcomes = [
    { type: 'delivery-folded', ...about, lines: folded },
    { type: 'supply-observed', ...about, opportunities, sample },
  ];
  const fields = { ...kept, result: 'folded', outcomes: JSON.stringify(outcomes), undrained: true };
  const event = { source: group, eventId: kept['eventId'] as string, occurredAt: windowEndAt };
  const columns = { tenant_id: 'andante', market, group, window_start_at: windowStartAt, window_end_at: windowEndAt };
  const delivery = { ...envelope(event, 0), type: 'delivery-folded', ...columns, lines: folded.map(toRecord) };
  const observation = {
    ...envelope(event, 1),
    type: 'supply-observed',
    ...columns,
    opportunities,
    sample: sample.map(toRecord),
  };
  return { ref: entry.ref, fields, delivery, observation };
}

function toRecord(line: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(line).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      value,
    ]),
  );
}

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' } } });
const servers = new Map(
  ['delivery-reported', 'budget-changed', 'delivery-tick'].map((name) => [name, getTestServer(name)]),
);
const server = createServer((request, response) => {
  servers.get(request.url?.split('/')[1] ?? '')?.emit('request', request, response);
});
server.keepAliveTimeout = 120_000;
process.once('SIGTERM', () => process.exit(0));
server.listen(Number(values.port), '127.0.0.1', () =>
  console.log(JSON.stringify({ url: `http://127.0.0.1:${values.port}` })),
);
