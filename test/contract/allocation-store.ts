// What every allocation store promises. Run by the memory store and by Firestore, so that what is proved on the first
// may be believed of the second.
import assert from 'node:assert/strict';
import type { BookingPart, LedgerEntry } from '../../shared/contracts/documents.ts';
import { AlreadyExists, refs, type AllocationStore, type Ref } from '../../shared/store/allocation-store.ts';
import { booking } from '../support/bookings.ts';
import { entry, lease } from '../support/entries.ts';
import { START_MS } from '../support/instants.ts';
import { market, page, supplyDay } from '../support/markets.ts';

const hash = 'a'.repeat(64);

function ledgerEntry(eventId: string, own: Partial<LedgerEntry> = {}): LedgerEntry {
  const event = { source: 'test', tenantId: 't1', eventId, eventType: 'andante.budget-changed.v1', payloadHash: hash };
  return {
    schemaVersion: 1,
    ...event,
    occurredAtMs: START_MS,
    recordedAtMs: START_MS,
    result: 'applied',
    outcomes: [],
    ...own,
  };
}

/** @param open gives an empty store each time it is called */
export function allocationStoreContract(open: () => AllocationStore | Promise<AllocationStore>): void {
  let store: AllocationStore;
  beforeEach(async () => {
    store = await open();
  });
  const put = async <K extends 'market' | 'ledger'>(
    ref: Ref<K>,
    document: K extends 'market' ? ReturnType<typeof market> : LedgerEntry,
  ) => store.transact(async (transaction) => transaction.set(ref as Ref, document));

  it('gives back every kind of document as it was written', async () => {
    const documents = [
      [
        refs.ledger('l1'),
        ledgerEntry('e1', { report: { lines: [1] }, waitingFor: 'SE', undrained: true, expireAtMs: START_MS }),
      ],
      [refs.market('SE'), market({ groups: [{ group: 'g1', seenAtMs: START_MS, opportunities: 5 }] })],
      [
        refs.page('SE', 'p00'),
        page([
          entry({
            leases: [lease(), lease({ group: 'g2', closingMicros: 7 })],
            cohorts: [{ hourAtMs: START_MS, chargedMicros: 2 ** 53 - 1, confirmedMicros: 1 }],
          }),
        ]),
      ],
      [refs.supply('SE', '2026-03-02'), supplyDay()],
      [refs.plan('SE'), { schemaVersion: 1, market: 'SE', planVersion: 3, slot: 9, hash, body: '{"å":"ö"}' }],
      [refs.owner('c1'), { schemaVersion: 1, campaignId: 'c1', tenantId: 't1' }],
      [refs.owner('c2'), { schemaVersion: 1, campaignId: 'c2', tenantId: 't1', heldBy: '0'.repeat(20) }],
      [refs.booking('0'.repeat(20)), booking({ expireAtMs: START_MS + 1 })],
      [
        refs.bookingPart('0'.repeat(20), 7),
        {
          schemaVersion: 1,
          bookingId: '0'.repeat(20),
          part: 7,
          lines: [] as BookingPart['lines'],
          expireAtMs: START_MS,
        },
      ],
      [
        refs.quarantine('q1'),
        {
          schemaVersion: 1,
          functionName: 'budget-changed',
          code: 'BAD_JSON',
          message: 'm',
          payloadHash: hash,
          body: '{',
          quarantinedAtMs: START_MS,
          replayable: true,
          expireAtMs: START_MS,
        },
      ],
    ] as const;
    await store.transact(async (transaction) => {
      for (const [ref, document] of documents) transaction.set(ref, document);
    });
    const found = await store.read(documents.map(([ref]) => ref as Ref));
    assert.deepEqual(
      found,
      documents.map(([, document]) => document),
    );
  });

  it('says undefined for what is not there, inside a transaction and outside', async () => {
    assert.deepEqual(await store.read([refs.market('SE'), refs.ledger('none')]), [undefined, undefined]);
    assert.deepEqual(await store.transact((transaction) => transaction.get([refs.market('SE')])), [undefined]);
    assert.deepEqual(await store.read([]), []);
    assert.deepEqual(await store.transact((transaction) => transaction.get([])), []);
  });

  it('refuses a stored document that is not what its contract says', async () => {
    await assert.rejects(
      async () => {
        await put(refs.market('SE'), { ...market(), schemaVersion: 7 } as never);
        await store.read([refs.market('SE')]);
      },
      { code: 'STORED_DOCUMENT_INVALID' },
    );
  });

  it('writes nothing of a transaction whose body throws', async () => {
    await assert.rejects(
      store.transact(async (transaction) => {
        transaction.set(refs.market('SE'), market());
        throw new Error('halfway');
      }),
      /halfway/,
    );
    assert.deepEqual(await store.read([refs.market('SE')]), [undefined]);
  });

  it('refuses to read in a transaction after it wrote', async () => {
    const late = store.transact(async (transaction) => {
      transaction.set(refs.market('SE'), market());
      await transaction.get([refs.market('SE')]);
    });
    await assert.rejects(late, /reads/);
    assert.deepEqual(await store.read([refs.market('SE')]), [undefined]);
  });

  it('creates a document once: the second creation says so and changes nothing', async () => {
    assert.equal(await store.create(refs.ledger('l1'), ledgerEntry('first')), true);
    assert.equal(await store.create(refs.ledger('l1'), ledgerEntry('second')), false);
    const [found] = await store.read([refs.ledger('l1')]);
    assert.equal(found?.eventId, 'first');
  });

  it('fails a whole transaction that creates what exists', async () => {
    await store.create(refs.ledger('l1'), ledgerEntry('first'));
    const attempt = store.transact(async (transaction) => {
      transaction.set(refs.market('SE'), market());
      transaction.create(refs.ledger('l1'), ledgerEntry('second'));
    });
    await assert.rejects(attempt, (error) => error instanceof AlreadyExists);
    assert.deepEqual(await store.read([refs.market('SE')]), [undefined]);
  });

  it('deletes a document, and bears that there was none', async () => {
    await store.create(refs.owner('c1'), { schemaVersion: 1, campaignId: 'c1', tenantId: 't1' });
    await store.transact(async (transaction) => {
      await transaction.get([refs.owner('c1')]);
      transaction.delete(refs.owner('c1'));
      transaction.delete(refs.owner('c2'));
    });
    assert.deepEqual(await store.read([refs.owner('c1'), refs.owner('c2')]), [undefined, undefined]);
    assert.equal(await store.create(refs.owner('c1'), { schemaVersion: 1, campaignId: 'c1', tenantId: 't2' }), true);
  });

  it('pages through open bookings by id, and no others', async () => {
    const { isOpen: _open, ...settled } = booking();
    for (const id of ['c', 'a', 'b']) await store.create(refs.booking(id), booking({ key: id }));
    await store.create(refs.booking('d'), settled);
    await store.create(refs.bookingPart('a', 0), { schemaVersion: 1, bookingId: '0'.repeat(20), part: 0, lines: [] });
    const ids = async (limit: number, afterId?: string) =>
      (await store.openBookings(limit, afterId)).map(({ document }) => document.key);
    assert.deepEqual(await ids(2), ['a', 'b']);
    assert.deepEqual(await ids(9, 'b'), ['c']);
    await store.transact(async (transaction) => transaction.set(refs.booking('c'), settled));
    assert.deepEqual(await ids(9), ['a', 'b']);
  });

  it('lets no two of ten read-and-add transactions read the same state', async () => {
    await put(refs.market('SE'), market());
    const bump = () =>
      store.transact(async (transaction) => {
        const [known] = await transaction.get([refs.market('SE')]);
        transaction.set(refs.market('SE'), { ...market(), bookVersion: (known?.bookVersion ?? 0) + 1 });
      });
    // A transaction that was overtaken too often gives up; that is the caller's to try again.
    const bumpUntilDone = async () => {
      for (let tries = 0; ; tries++) {
        try {
          return await bump();
        } catch (error) {
          if (tries === 20) throw error;
        }
      }
    };
    await Promise.all(Array.from({ length: 10 }, bumpUntilDone));
    const [found] = await store.read([refs.market('SE')]);
    assert.equal(found?.bookVersion, 10);
  });

  it('finds the reports that wait for a market, by id, no more than asked', async () => {
    for (const id of ['c', 'a', 'b'])
      await store.create(refs.ledger(id), ledgerEntry(id, { waitingFor: 'SE', report: {} }));
    await store.create(refs.ledger('d'), ledgerEntry('d', { waitingFor: 'NO', report: {} }));
    await store.create(refs.ledger('e'), ledgerEntry('e'));
    const ids = async (limit: number) => (await store.waitingReports('SE', limit)).map(({ ref }) => ref.path);
    assert.deepEqual(await ids(10), ['ledger/a', 'ledger/b', 'ledger/c']);
    assert.deepEqual(await ids(2), ['ledger/a', 'ledger/b']);
  });

  it('pages through what is undrained and forgets what was marked', async () => {
    for (const id of ['a', 'b', 'c']) await store.create(refs.ledger(id), ledgerEntry(id, { undrained: true }));
    const ids = async (limit: number, afterId?: string) =>
      (await store.undrained(limit, afterId)).map(({ ref }) => ref.path);
    assert.deepEqual(await ids(2), ['ledger/a', 'ledger/b']);
    assert.deepEqual(await ids(2, 'b'), ['ledger/c']);
    await store.markDrained([refs.ledger('a'), refs.ledger('c')], START_MS + 5);
    assert.deepEqual(await ids(9), ['ledger/b']);
    const [marked] = await store.read([refs.ledger('a')]);
    assert.deepEqual(marked, ledgerEntry('a', { expireAtMs: START_MS + 5 }));
    await store.markDrained([], START_MS);
  });

  it('lists markets and nothing below them', async () => {
    await store.transact(async (transaction) => {
      transaction.set(refs.market('SE'), market());
      transaction.set(refs.page('SE', 'p00'), page([entry()]));
      transaction.set(refs.market('NO'), market({ market: 'NO' }));
    });
    assert.deepEqual((await store.markets()).sort(), ['NO', 'SE']);
  });

  it('pages through quarantine by id', async () => {
    const quarantined = {
      schemaVersion: 1,
      functionName: 'f',
      code: 'BAD_JSON',
      message: '',
      payloadHash: hash,
      body: '',
      quarantinedAtMs: 1,
      replayable: false,
      expireAtMs: 1,
    } as const;
    for (const id of ['b', 'a']) await store.create(refs.quarantine(id), quarantined);
    assert.deepEqual(
      (await store.quarantined(1)).map(({ ref }) => ref.path),
      ['quarantine/a'],
    );
    assert.deepEqual(
      (await store.quarantined(9, 'a')).map(({ ref }) => ref.path),
      ['quarantine/b'],
    );
  });

  it('keeps a page of 200 entries at their largest within one document', async () => {
    const hours = Array.from({ length: 8 }, (_, hour) => ({
      hourAtMs: START_MS + hour * 3_600_000,
      chargedMicros: 2 ** 45,
      confirmedMicros: 2 ** 45,
    }));
    const leases = Array.from({ length: 6 }, (_, index) =>
      lease({ group: `group-of-servers-${index}`, grantedMicros: 2 ** 45 }),
    );
    const entries = Array.from({ length: 200 }, (_, index) =>
      entry({ subcampaignId: `s${index}`, cohorts: hours, leases }),
    );
    await store.transact(async (transaction) => transaction.set(refs.page('SE', 'p00'), page(entries)));
    const [found] = await store.read([refs.page('SE', 'p00')]);
    assert.deepEqual(found?.entries, entries);
  });
}
