import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Verdict } from '../../shared/campaign/fold-reports.ts';
import { LedgerEntry } from '../../shared/contracts/documents.ts';
import {
  CounterOffer,
  ReasonCode,
  RequestedStatus,
  SubcampaignStatus,
  outcomeTables,
} from '../../shared/contracts/outcomes.ts';
import { play, type GoldenLog } from './play.ts';

const names = (await readdir(import.meta.dirname)).filter((file) => file.endsWith('.json')).sort();

async function readLog(name: string): Promise<GoldenLog> {
  return JSON.parse(await readFile(join(import.meta.dirname, name), 'utf8')) as GoldenLog;
}

describe('The golden logs', () => {
  for (const name of names) {
    it(`come to what is recorded: ${name.replace('.json', '').replaceAll('-', ' ')}`, async () => {
      const recorded = await readLog(name);
      assert.deepEqual(
        await play(recorded),
        recorded,
        `${name} comes to something else. If the rules were changed on purpose: node test/golden/record.ts, and read the diff`,
      );
    });
  }

  it('each begin with what they show', async () => {
    assert(names.length >= 20);
    for (const name of names) {
      const log = await readLog(name);
      assert.equal(Object.keys(log)[0], 'shows', name);
      assert.match(log.shows, /^[A-Z].{40,}\.$/, name);
    }
  });

  const verdicts = { UNKNOWN_SUBCAMPAIGN: 1, IMPLAUSIBLE_REPORT: 1, TOO_MANY_GROUPS: 1 } satisfies Record<
    NonNullable<Verdict['code']>,
    1
  >;
  const words: Record<string, { key: string; all: readonly string[] }> = {
    'every kind of outcome': {
      key: 'type',
      all: Object.values(outcomeTables).flatMap((table) => table.map((fact) => fact.properties.type.const as string)),
    },
    'every reason': { key: 'code', all: wordsOf(ReasonCode) },
    'every kind of counter-offer': { key: 'kind', all: wordsOf(CounterOffer.properties.kind) },
    'every verdict on a report': { key: 'code', all: Object.keys(verdicts) },
    'every result of an event': { key: 'result', all: wordsOf(LedgerEntry.properties.result) },
    'every status a part can have': { key: 'status', all: wordsOf(SubcampaignStatus) },
    'every wish of an owner': { key: 'requestedStatus', all: wordsOf(RequestedStatus) },
  };
  for (const [what, { key, all }] of Object.entries(words)) {
    it(`show ${what} between them`, async () => {
      const shown = new Set<unknown>();
      // Only what was recorded counts, not what was published and asked.
      for (const name of names) {
        const { log, end } = await readLog(name);
        collect(key, [log.map(({ publish: _published, ask: _asked, ...recorded }) => recorded), end], shown);
      }
      assert.deepEqual(
        all.filter((word) => !shown.has(word)),
        [],
      );
    });
  }
});

function wordsOf(schema: unknown): readonly string[] {
  return (schema as { enum: string[] }).enum;
}

function collect(key: string, value: unknown, found: Set<unknown>): void {
  if (typeof value !== 'object' || value === null) return;
  for (const [name, field] of Object.entries(value)) {
    if (name === key) found.add(field);
    collect(key, field, found);
  }
}
