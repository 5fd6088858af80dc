// Realistic faults that can be switched on in the real code: each is a small edit of one file's source, made while it is
// loaded. Nothing of this is in what ships. An edit whose text is not found is an error: the code has moved on.
import { registerHooks } from 'node:module';

export interface Bug {
  name: string;
  /** What a programmer might have done, in a sentence. */
  about: string;
  /** Below shared/. */
  file: string;
  find: string;
  replace: string;
}

export const bugs: readonly Bug[] = [
  {
    name: 'dedupe-by-message-id',
    about: 'the bus’s messageId is taken for the key of an event: it changes when a publisher tries again',
    file: 'runtime/delivery.ts',
    find: 'describeAs(describe(event));',
    replace: "if ('eventId' in event) event.eventId = message.messageId; describeAs(describe(event));",
  },
  {
    name: 'ledger-read-outside-transaction',
    about: 'whether an event is known is asked before the transaction, and its entry is written over',
    file: 'store/persist-campaign-event.ts',
    find: 'const [known, stored] = await transaction.get([ref, refs.campaign(tenantId, campaignId)]);',
    replace:
      'const [known] = await store.read([ref]); transaction.create = transaction.set; const [stored] = await transaction.get([refs.campaign(tenantId, campaignId)]);',
  },
  {
    name: 'float-money',
    about: 'spend is added up in units with decimals and turned back into micros',
    file: 'campaign/fold-reports.ts',
    find: 'entry.spentMicros += confirmedMicros;',
    replace: 'entry.spentMicros = (entry.spentMicros / 1e6 + confirmedMicros / 1e6) * 1e6;',
  },
  {
    name: 'pending-leases-ignored',
    about: 'grants are made inside budget less accrued: what is leased already is forgotten',
    file: 'campaign/decide-tick.ts',
    find: 'committedMicros: committedMicros(settled),',
    replace: 'committedMicros: settled.spentMicros,',
  },
  {
    name: 'late-clicks-forgotten',
    about: 'charges whose clicks are still to come are free to be granted again',
    file: 'campaign/entry-money.ts',
    find: '? awaitedMicros(entry) - expectedInFlightMicros(entry, nowMs, delay) : 0;',
    replace: '? awaitedMicros(entry) : 0;',
  },
  {
    name: 'acknowledge-before-commit',
    about: 'the handler is started and not awaited: the message is acknowledged whatever comes of it',
    file: 'runtime/delivery.ts',
    find: 'return handle(event,',
    replace:
      "handle(event, { publishedAtMs, nowMs: publishedAtMs }).catch(() => {}); return ((..._: unknown[]) => ({ outcome: 'applied' }) as const)(event,",
  },
  {
    name: 'version-check-dropped',
    about: 'a late budget change is applied over a newer one',
    file: 'campaign/decide-campaign.ts',
    find: 'if (budgetVersion <= currentVersion) {',
    replace: 'if (budgetVersion < 0) {',
  },
  {
    name: 'append-without-row-id',
    about: 'rows get a new id at every append',
    file: 'outcomes/to-rows.ts',
    find: 'row_id: `${ledgerId}:${ordinal}`,',
    replace: 'row_id: `${ledgerId}:${ordinal}:${ingestedAtMs}`,',
  },
  {
    name: 'tick-adds',
    about: 'a tick moves its market one slot on instead of bringing it up to now',
    file: 'campaign/decide-tick.ts',
    find: 'const nowMs = slot * tickIntervalMs;',
    replace: 'const nowMs = (view.market.watermarkSlot ? view.market.watermarkSlot + 1 : slot) * tickIntervalMs;',
  },
  {
    name: 'release-twice',
    about: 'a lease that settles returns all it was ever granted and did not spend, also what it returned before',
    file: 'campaign/settle-entry.ts',
    find: 'returnedMicros: lease.returnedMicros + openMicros(lease)',
    replace: 'returnedMicros: lease.returnedMicros + Math.max(0, lease.grantedMicros - lease.chargedMicros)',
  },
  {
    name: 'page-overflow',
    about: 'a page takes one entry more than it has room for',
    file: 'campaign/book-page.ts',
    find: 'page.entries + count <= MAX_PAGE_ENTRIES',
    replace: 'page.entries <= MAX_PAGE_ENTRIES',
  },
  {
    name: 'split-loses-a-micro',
    about: 'what rounding leaves of a budget goes to nobody',
    file: 'planning/split-budget.ts',
    find: 'sharesMicros[next] = (sharesMicros[next] as number) + 1;',
    replace: 'void sharesMicros;',
  },
  {
    name: 'stale-book',
    about: 'a campaign is decided on the books as they were before the transaction',
    file: 'store/persist-campaign-event.ts',
    find: 'await completeViews(transaction, needsOf(event, stored, of), snapshot);',
    replace: 'snapshot;',
  },
  {
    name: 'stale-supply',
    about: 'a process keeps the supply it once read, whatever its version',
    file: 'store/market-views.ts',
    find: 'const hasSupply = known?.market.supplyVersion === market.supplyVersion;\n  return days.filter',
    replace: 'const hasSupply = known !== undefined;\n  return days.filter',
  },
  {
    name: 'lease-settled-before-its-reports',
    about: 'a closing counts at once, although charges made before it are not folded yet',
    file: 'campaign/settle-entry.ts',
    find: 'lease.closingMicros !== undefined && lease.chargedMicros >= lease.closingMicros',
    replace: 'lease.closingMicros !== undefined',
  },
  {
    name: 'stale-closing',
    about: 'a closing written before the newest grant takes that grant back too',
    file: 'campaign/fold-reports.ts',
    find: 'if (lease?.grantedMicros !== closing.grantedMicros) return false;',
    replace: 'if (!lease) return false;',
  },
  {
    name: 'drained-before-append',
    about: 'entries are marked as drained first: rows that BigQuery does not take are lost',
    file: 'outcomes/record.ts',
    find: 'await outcomes.append(',
    replace:
      'for (const own of Map.groupBy(owing, keepMsOf).values()) await store.markDrained(own.map(({ ref }) => ref), nowMs); await outcomes.append(',
  },
  {
    name: 'report-counted-by-delivery',
    about: 'a report’s key includes when it came: every copy counts',
    file: 'store/file-report.ts',
    find: 'const ref = refs.ledger(ledgerId(event));',
    replace: 'const ref = refs.ledger(ledgerId({ ...event, eventId: `${event.eventId}:${nowMs}` }));',
  },
  {
    name: 'report-folded-twice',
    about: 'a folded report is left waiting: the next tick folds it again',
    file: 'store/persist-tick.ts',
    find: 'const entry: LedgerEntry = { ...folded, ...kept, result,',
    replace: 'const entry: LedgerEntry = { ...folded, report, waitingFor: _done, ...kept, result,',
  },
  {
    name: 'over-report-dropped',
    about: 'what a group charges above its lease is cut off',
    file: 'campaign/fold-reports.ts',
    find: 'leaseOf(entry, group).chargedMicros += line.chargedMicros;',
    replace:
      'const lease = leaseOf(entry, group); lease.chargedMicros = Math.min(lease.grantedMicros - lease.returnedMicros, lease.chargedMicros + line.chargedMicros);',
  },
  {
    name: 'ended-with-money-out',
    about: 'a subcampaign ends while groups still hold leases',
    file: 'campaign/settle-entry.ts',
    find: 'entry.leases.every((lease) => openMicros(lease) === 0 && nowMs >= lease.spendUntilAtMs)',
    replace: 'true',
  },
  {
    name: 'refused-without-a-trace',
    about: 'what can never be applied is acknowledged and not kept',
    file: 'runtime/delivery.ts',
    find: 'await store.create(quarantineRef(document), document);',
    replace: 'void document;',
  },
  {
    name: 'early-change-lost',
    about: 'a change that comes before its campaign is recorded and then forgotten',
    file: 'campaign/evolve.ts',
    find: 'waitingBudget: { budgetMicros: outcome.requestedMicros as number, budgetVersion: outcome.version },',
    replace: 'budgetVersion: outcome.version,',
  },
  {
    name: 'conflict-taken-for-a-copy',
    about: 'an event id that was used with another payload is taken for a copy and acknowledged',
    file: 'store/persist-campaign-event.ts',
    find: 'if (known.payloadHash === hash) return known;',
    replace: 'if (known.payloadHash.length === hash.length) return known;',
  },
  {
    name: 'cut-below-committed',
    about: 'a budget cut takes back what is spent or leased',
    file: 'campaign/change-budget.ts',
    find: 'if (shareMicros >= keptMicros) return',
    replace: 'if (shareMicros >= 0) return',
  },
  {
    name: 'paused-and-paid',
    about: 'a paused subcampaign goes on being granted money',
    file: 'campaign/decide-tick.ts',
    find: "settled.status === 'active' && isServable(",
    replace: "settled.status !== 'closing' && isServable(",
  },
  {
    name: 'billed-above-budget',
    about: 'the bill is what was spent, also past the budget',
    file: 'campaign/entry-money.ts',
    find: 'return Math.min(entry.spentMicros, entry.budgetMicros);',
    replace: 'return entry.spentMicros;',
  },
  {
    name: 'owner-unchecked',
    about: 'a second tenant can book a campaign under another’s id',
    file: 'store/persist-campaign-event.ts',
    find: 'if (owner && owner.tenantId !== tenantId) {',
    replace: "if (owner && owner.tenantId === '') {",
  },
  {
    name: 'leased-is-sold-again',
    about: 'supply that leases will still use is sold to others once clicks have used up the budget',
    file: 'campaign/open-markets.ts',
    find: 'Math.max(leasedMicros(entry), entry.budgetMicros - accruedMicros(entry))',
    replace: 'Math.max(0 * leasedMicros(entry), entry.budgetMicros - accruedMicros(entry))',
  },
  {
    name: 'cell-given-twice',
    about: 'a plan gives every line the share it wants, whatever the others want of its cells',
    file: 'planning/fallback-shares.ts',
    find: 'return Math.floor((share / fullest) * 1e9) / 1e9;',
    replace: 'return Math.floor((share / Math.min(1, fullest)) * 1e9) / 1e9;',
  },
  {
    name: 'sold-supply-is-free',
    about: 'availability forgets what others were sold',
    file: 'planning/availability.ts',
    find: 'sold.forEach((_, line) => route(',
    replace: 'sold.slice(0, 0).forEach((_, line) => route(',
  },
  {
    name: 'parts-share-nothing',
    about: 'each part of a campaign is given what it could have if the others took nothing',
    file: 'campaign/open-markets.ts',
    find: 'if (!isShort.includes(true)) return reach;',
    replace: 'if (isShort.length > 0) return reach;',
  },
  {
    name: 'rebalance-takes-what-is-leased',
    about: 'a new split takes money from a part that its ad servers may still spend',
    file: 'campaign/rebalance.ts',
    find: 'committedMicros: Math.min(part.committedMicros, part.budgetMicros),',
    replace: 'committedMicros: 0,',
  },
  {
    name: 'rebalance-makes-money',
    about: 'a new split leaves a micro in escrow that nobody paid',
    file: 'campaign/rebalance.ts',
    find: 'escrowMicros: campaign.budgetMicros - sumMicros(sharesMicros),',
    replace: 'escrowMicros: campaign.budgetMicros - sumMicros(sharesMicros) + 1,',
  },
  {
    name: 'supply-unseen',
    about: 'what a report saw of supply is recorded only where it delivered something',
    file: 'campaign/fold-reports.ts',
    find: '...(opportunities.length + responses.length > 0\n',
    replace: '...(opportunities.length + responses.length > 0 && folded.length > 0\n',
  },
  {
    name: 'older-refresh-wins',
    about: 'a refresh of supply that comes late replaces what a newer one wrote',
    file: 'store/persist-refresh.ts',
    find: '|| nowMs < refreshedAtMs);',
    replace: '|| nowMs < 0 * refreshedAtMs);',
  },
  {
    name: 'refresh-keeps-the-version',
    about: 'a refresh replaces supply and leaves its version, so that others go on with what they know',
    file: 'store/persist-refresh.ts',
    find: 'supplyVersion: before.supplyVersion + 1,',
    replace: 'supplyVersion: before.supplyVersion,',
  },
  {
    name: 'frozen-as-if-fresh',
    about: 'supply that is kept for want of reports is as certain as on its first day',
    file: 'forecasting/freeze-supply.ts',
    find: 'widened(cell, factor)',
    replace: 'widened(cell, factor / factor)',
  },
  {
    name: 'refund-twice',
    about: 'every market whose parts end makes the campaign final and refunds it',
    file: 'campaign/advance-campaign.ts',
    find: "if (stored.status !== 'ended' && told.status === 'ended') {",
    replace: 'if (ended.length > 0) {',
  },
  {
    name: 'refund-without-the-escrow',
    about: 'what no part of a campaign had is not given back',
    file: 'campaign/advance-campaign.ts',
    find: 'const refundMicros = budgetMicros - billed;',
    replace: 'const refundMicros = budgetMicros - billed - escrowMicros;',
  },
  {
    name: 'final-before-the-click-window',
    about: 'a subcampaign ends with its leases, and clicks on its last impressions find nobody',
    file: 'campaign/settle-entry.ts',
    find: 'entry.cohorts.length === 0 &&',
    replace: 'entry.cohorts.length >= 0 &&',
  },
  {
    name: 'notice-lost-with-the-bus',
    about: 'what the bus does not take is forgotten: its entry is marked as drained',
    file: 'outcomes/record.ts',
    find: 'bus.publish(notice, trace));',
    replace: "bus.publish(notice, trace).catch(() => ''));",
  },
  {
    name: 'made-good-though-called-off',
    about: 'a campaign that its owner cancelled is offered what it did not want',
    file: 'campaign/advance-campaign.ts',
    find: "const offer = stored.status === 'closing' ? undefined : makeGood(told, nowMs);",
    replace: 'const offer = makeGood(told, nowMs);',
  },
  {
    name: 'paused-for-ever',
    about: 'only what is served is found to be past its flight: what is paused then is never settled',
    file: 'campaign/settle-entry.ts',
    find: 'isOver(entry) || nowMs < entry.endAtMs ? entry',
    replace: "entry.status !== 'active' || nowMs < entry.endAtMs ? entry",
  },
  {
    name: 'warned-every-hour',
    about: 'that an owner was warned is not noted: the next hour warns again',
    file: 'campaign/warn-lines.ts',
    find: 'fullSpendPpm: warning.fullSpendPpm });',
    replace: '});',
  },
  {
    name: 'insert-id-of-the-batch',
    about: 'BigQuery is given an insertId that depends on the batch: it would keep every copy',
    file: 'outcomes/bigquery-log.ts',
    find: 'insertId: json.row_id,',
    replace: 'insertId: `${json.row_id}/${rows.length}`,',
  },
  {
    name: 'sixth-group-refused',
    about: 'a market takes one ad-server group less than it has room for',
    file: 'campaign/admit-groups.ts',
    find: 'if (groups.size < MAX_GROUPS) groups.set(',
    replace: 'if (groups.size < MAX_GROUPS - 1) groups.set(',
  },
];

/** Switches a bug on for every module that is loaded from now on. @throws Error when its text is not in the source */
export function switchOn({ name, file, find, replace }: Bug): void {
  registerHooks({
    load(url, context, nextLoad) {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(`/shared/${file}`)) return loaded;
      const parts = Buffer.from(loaded.source as Uint8Array)
        .toString()
        .split(find);
      if (parts.length !== 2)
        throw new Error(`bug ${name} does not fit ${file} any more: mend its text in test/simulation/bugs.ts`);
      return { ...loaded, source: parts.join(replace) };
    },
  });
}
