import assert from 'node:assert/strict';
import type { Verdict } from '../../../shared/campaign/fold-reports.ts';
import type { LedgerEntry, Quarantined } from '../../../shared/contracts/documents.ts';
import { decodeMessage } from '../../../shared/contracts/decode-message.ts';
import { sha256 } from '../../../shared/store/ledger-key.ts';
import { newLedgerEntry } from '../../../shared/store/persist-campaign-event.ts';
import {
  QUARANTINE_MS,
  quarantineRef,
  quarantineStray,
  quarantinedDocument,
} from '../../../shared/store/quarantine.ts';
import type { Ref } from '../../../shared/store/allocation-store.ts';
import { deliveryReported, line } from '../../support/events.ts';
import { DAY_MS, START_MS } from '../../support/instants.ts';

const KEPT_BYTES = 64 * 1024;

function quarantined(own: Partial<Parameters<typeof quarantinedDocument>[0]> = {}): Quarantined {
  const refusal = { functionName: 'budget-changed', code: 'INVALID_EVENT', message: 'no', text: '{}', nowMs: START_MS };
  return quarantinedDocument({ ...refusal, replayable: true, ...own });
}

describe('a quarantined message', () => {
  it('says who refused what and why, names the event where it is known, and is kept for 90 days', () => {
    const document = {
      schemaVersion: 1,
      functionName: 'budget-changed',
      code: 'INVALID_EVENT',
      message: 'no',
      payloadHash: sha256('{}'),
      body: '{}',
      quarantinedAtMs: START_MS,
      replayable: true,
      expireAtMs: START_MS + 90 * DAY_MS,
    };
    assert.equal(QUARANTINE_MS, 90 * DAY_MS);
    assert.deepEqual(quarantined(), document);
    assert.deepEqual(quarantined({ eventId: 'e1', tenantId: 't1' }), { ...document, eventId: 'e1', tenantId: 't1' });
    assert.equal(quarantined({ replayable: false }).replayable, false);
  });

  it('has the first 2,000 characters of a reason', () => {
    assert.equal(quarantined({ message: 'x'.repeat(2001) }).message, 'x'.repeat(2000));
  });

  it('has 64 KiB of its body whole, and no more; what was cut is not replayable', () => {
    const fitting = quarantined({ text: 'x'.repeat(KEPT_BYTES) });
    assert.deepEqual([fitting.body.length, fitting.replayable], [KEPT_BYTES, true]);
    const longer = quarantined({ text: 'x'.repeat(KEPT_BYTES + 1) });
    assert.deepEqual([longer.body, longer.replayable], ['x'.repeat(KEPT_BYTES), false]);
  });

  it('is cut between characters, and keeps what it had for unreadable ones itself', () => {
    const text = `x\uFFFD${'é'.repeat(KEPT_BYTES)}`;
    assert.equal(quarantined({ text: `y${text}` }).body, `yx\uFFFD${'é'.repeat((KEPT_BYTES - 6) / 2)}`);
    assert.equal(quarantined({ text }).body, `x\uFFFD${'é'.repeat((KEPT_BYTES - 4) / 2)}`);
  });

  it('has one document for a function, tenant, event and payload', () => {
    const about = { tenantId: 't1', eventId: 'e1' };
    const different = [
      quarantined(about),
      quarantined({ ...about, functionName: 'campaign-created' }),
      quarantined({ ...about, tenantId: 't2' }),
      quarantined({ ...about, eventId: 'e2' }),
      quarantined({ ...about, text: '[]' }),
      quarantined({ tenantId: 't1' }),
      quarantined({ eventId: 'e1' }),
      quarantined(),
    ].map((document) => quarantineRef(document).path);
    assert.equal(new Set(different).size, different.length);
    for (const path of different) assert.match(path, /^quarantine\/[0-9a-f]{20}$/);
    assert.equal(quarantineRef(quarantined({ ...about, nowMs: START_MS + 1, message: 'other' })).path, different[0]);
  });
});

describe('what strayed of a report', () => {
  const stray = line({ campaignId: 'c9' });
  const closing = { campaignId: 'c9', subcampaignId: 's1', grantedMicros: 5, chargedMicros: 5 };
  const event = deliveryReported('r1', {
    lines: [line(), stray],
    closings: [closing],
    opportunities: [{ segment: 'casual', surface: 'home', opportunities: 300 }],
    sample: [{ segment: 'casual', surface: 'home', responseMultiplier: 1 }],
  });
  const entry: LedgerEntry = {
    ...newLedgerEntry(event, { hash: sha256('r1'), nowMs: START_MS, outcomes: [], result: 'filed' }),
    report: event.data,
  };
  const verdict: Verdict = {
    ledgerId: 'ledger/0123456789abcdef0123',
    result: 'folded',
    code: 'UNKNOWN_SUBCAMPAIGN',
    outcomes: [],
    strayLines: [stray],
    strayClosings: [closing],
  };

  it('is a report of its own that can be published again, with what strayed and nothing that was counted', () => {
    const written: { ref: Ref; document: unknown }[] = [];
    const transaction = {
      get: () => assert.fail('nothing is to be read'),
      create: () => assert.fail('the same report may stray again'),
      delete: () => assert.fail('nothing is to be deleted'),
      set: (ref: Ref, document: unknown) => void written.push({ ref, document }),
    };
    quarantineStray(transaction, { verdict, entry, nowMs: START_MS + 5 });
    const [{ ref, document }] = written as [{ ref: Ref; document: Quarantined }];
    assert.deepEqual(ref, quarantineRef(document));
    assert.deepEqual(
      [document.functionName, document.code, document.eventId, document.tenantId, document.quarantinedAtMs],
      ['delivery-reported', 'UNKNOWN_SUBCAMPAIGN', 'stray:0123456789abcdef0123', 'andante', START_MS + 5],
    );
    assert.deepEqual(
      [document.replayable, document.message],
      [true, '1 lines and 1 closings of report r1 found no subcampaign that takes them'],
    );
    const again = decodeMessage('delivery-reported', Buffer.from(document.body));
    assert.deepEqual(again, {
      ...event,
      eventId: 'stray:0123456789abcdef0123',
      data: { ...event.data, lines: [stray], closings: [closing], opportunities: [], sample: [] },
    });
  });
});
