// A market in which c1 is booked and g1 has its first lease, and the reports that reach it.
import assert from 'node:assert/strict';
import type { BookEntry } from '../../shared/contracts/documents.ts';
import type { DeliveryReported } from '../../shared/contracts/events.ts';
import type { AllocationStore } from '../../shared/store/allocation-store.ts';
import { campaignCreated, deliveryReported } from './events.ts';
import { START_MS, TICK_MS } from './instants.ts';
import { entriesOf, file, persist, tick } from './persisting.ts';
import { seededStore } from './stores.ts';

const opportunities = [{ segment: 'casual', surface: 'home', opportunities: 300 }];

/** A report of the window that ends at an instant. */
export function report(eventId: string, atMs: number, data: Partial<DeliveryReported['data']> = {}): DeliveryReported {
  return deliveryReported(eventId, { windowStartAtMs: atMs - TICK_MS, windowEndAtMs: atMs, opportunities, ...data });
}

/** A store with c1 booked and a first lease granted to g1. */
export async function leasedStore(): Promise<AllocationStore> {
  const store = await seededStore();
  await persist(store, campaignCreated());
  await file(store, report('hello', START_MS + TICK_MS));
  await tick(store, START_MS + TICK_MS);
  return store;
}

/** The one entry of the book. */
export async function onlyEntry(store: AllocationStore): Promise<BookEntry> {
  const [entry, ...others] = await entriesOf(store);
  assert(entry && others.length === 0);
  return entry;
}
