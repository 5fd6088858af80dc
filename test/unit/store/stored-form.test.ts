import assert from 'node:assert/strict';
import { fromFields, toFields } from '../../../shared/store/stored-form.ts';
import { canonicalJson, ledgerId, payloadHash } from '../../../shared/store/ledger-key.ts';
import { newLedgerEntry } from '../../../shared/store/persist-campaign-event.ts';
import { quarantineRef, quarantinedDocument } from '../../../shared/store/quarantine.ts';
import { entry, lease } from '../../support/entries.ts';
import { START_MS } from '../../support/instants.ts';
import { market, page, supplyDay } from '../../support/markets.ts';

const refusal = {
  functionName: 'budget-changed',
  code: 'INVALID_EVENT',
  message: 'no',
  text: '{}',
  nowMs: START_MS,
  replayable: true,
};

describe('the stored form', () => {
  const hash = 'a'.repeat(64);
  const cohorts = [{ hourAtMs: START_MS, chargedMicros: 2, confirmedMicros: 1 }];
  const documents = [
    { kind: 'page', document: page([entry({ cohorts, leases: [lease(), lease({ group: 'g2', closingMicros: 0 })] })]) },
    { kind: 'page', document: page([]) },
    { kind: 'supply', document: supplyDay() },
    { kind: 'market', document: market() },
    { kind: 'plan', document: { schemaVersion: 1, market: 'SE', planVersion: 1, slot: 1, hash, body: '{"é":1}' } },
    { kind: 'owner', document: { schemaVersion: 1, campaignId: 'c1', tenantId: 't1' } },
  ] as const;
  for (const [index, { kind, document }] of documents.entries()) {
    it(`gives a ${kind} back as it was (${index})`, () => {
      assert.deepEqual(fromFields(kind, 'path', toFields(kind, document)), document);
    });
  }

  it('gives a quarantine back as it was', () => {
    const document = quarantinedDocument(refusal);
    assert.deepEqual(fromFields('quarantine', 'path', toFields('quarantine', document)), document);
  });

  it('has no field for what a document does not say: Firestore takes no undefined', () => {
    const event = {
      source: 's',
      tenantId: 't1',
      eventId: 'e',
      type: 'andante.budget-changed.v1',
      occurredAtMs: START_MS,
    };
    const entry = newLedgerEntry(event, { hash, nowMs: START_MS, outcomes: [], result: 'filed' });
    const { expireAtMs, ...kept } = entry;
    assert(expireAtMs);
    assert.deepEqual(Object.keys(toFields('ledger', kept)).sort(), Object.keys(kept).sort());
    const fields = toFields('ledger', { ...entry, report: { lines: [] } });
    assert.deepEqual([fields['report'], fields['expireAt']], ['{"lines":[]}', new Date(expireAtMs)]);
  });

  it('refuses what another program wrote, naming document and field', () => {
    const fields = { ...toFields('market', market()), watermarkSlot: -1 };
    assert.throws(() => fromFields('market', 'markets/SE', fields), {
      code: 'STORED_DOCUMENT_INVALID',
      retryable: false,
      message: 'markets/SE/watermarkSlot must be >= 0',
    });
    assert.throws(() => fromFields('market', 'markets/SE', { ...toFields('market', market()), schemaVersion: 2 }), {
      code: 'STORED_DOCUMENT_INVALID',
    });
  });
});

describe('the keys of exactly-once', () => {
  it('are one for one event however it is spelled', () => {
    assert.equal(payloadHash({ a: 1, b: { c: [1, 2], d: 3 } }), payloadHash({ b: { d: 3, c: [1, 2] }, a: 1 }));
    assert.notEqual(payloadHash({ a: [1, 2] }), payloadHash({ a: [2, 1] }));
    assert.notEqual(payloadHash({ a: 1 }), payloadHash({ a: '1' }));
  });

  it('are taken of JSON with its keys in order, lists as they are, also around what is empty', () => {
    const decoded = { b: null, a: [{ d: 1, c: [] }, 'x', false], c: {} };
    assert.equal(canonicalJson(decoded), '{"a":[{"c":[],"d":1},"x",false],"b":null,"c":{}}');
  });

  it('differ by source, tenant and id, also where their letters run together', () => {
    const keys = [
      ['s', 't', 'e'],
      ['st', 'e', ''],
      ['s', 'te', ''],
      ['s', 't', 'e2'],
      ['s2', 't', 'e'],
      ['s', 't2', 'e'],
    ].map(([source, tenantId, eventId]) =>
      ledgerId({ source: source ?? '', tenantId: tenantId ?? '', eventId: eventId ?? '' }),
    );
    assert.equal(new Set(keys).size, keys.length);
    assert(keys.every((key) => /^[0-9a-f]{20}$/.test(key)));
  });

  it('one refusal has one document, whenever it comes', () => {
    const [first, again] = [START_MS, START_MS + 5].map((nowMs) =>
      quarantineRef(quarantinedDocument({ ...refusal, nowMs })),
    );
    assert.deepEqual(again, first);
    assert.notDeepEqual(quarantineRef(quarantinedDocument({ ...refusal, text: '[]' })), first);
  });
});
