// Without a market: one message per market. With one: its ledger, state and rows are compared and its forecasts judged.
// Nothing is written but the log: what differs needs a person, and doing it twice is harmless.
import type { EventBus } from '../../shared/bus/event-bus.ts';
import { PLATFORM_TENANT } from '../../shared/campaign/decide-tick.ts';
import { formatInstant } from '../../shared/contracts/instants.ts';
import { DAY_MS, dayOf } from '../../shared/forecasting/traffic-clock.ts';
import type { CalibrationReader } from '../../shared/outcomes/calibration-reader.ts';
import { checkRepeatedly } from '../../shared/reconcile/check-repeatedly.ts';
import { differenceMends } from '../../shared/reconcile/difference.ts';
import { campaignSubjects, marketSubject, type Subject, type SubjectDeps } from '../../shared/reconcile/subjects.ts';
import type { Handler } from '../../shared/runtime/delivery.ts';
import { AndanteError } from '../../shared/runtime/errors.ts';
import type { Log } from '../../shared/runtime/log.ts';
import { sha256 } from '../../shared/store/ledger-key.ts';

export interface ReconcileDeps extends SubjectDeps {
  calibration: CalibrationReader;
  bus: EventBus;
  log: Log;
  sleep: (durationMs: number) => Promise<void>;
}

/** Campaigns compared at a time: each waits for BigQuery most of the time. */
const AT_A_TIME = 8;
/** Well within the function's timeout, which would end it in the middle and begin it again. */
const MOST_MS = 400_000;
/** Differences told one by one; a broken market has thousands. */
const MOST_TOLD = 50;
const JUDGED_DAYS = 56;
/** Below so many scores a share says nothing. */
const LEAST_SCORES = 30;
/** Intervals that hold 80% by design hold a share within these, whatever is new or noisy. */
const BOUNDS = { least: 0.6, most: 0.95 };

export function createReconcileHandler(deps: ReconcileDeps): Handler<'reconcile'> {
  const { store, bus } = deps;
  return async ({ market, source }, { nowMs }) => {
    if (market === undefined) {
      const markets = await store.markets();
      const scheduledFor = formatInstant(nowMs);
      await Promise.all(
        markets.map((name) =>
          bus.publish({
            type: 'andante.reconcile.v1',
            source,
            tenantId: PLATFORM_TENANT,
            scheduledFor,
            market: name,
          }),
        ),
      );
      return { result: 'fanned-out', markets: markets.length };
    }
    const compared = await compareMarket(market, nowMs, deps);
    const misjudged = await judgeIntervals(market, nowMs, deps);
    return { result: compared.differences === 0 ? 'agrees' : 'different', ...compared, misjudged };
  };
}

/**
 * Rows that the ledger still owes may be all that differs, and reports wait for every tick: both are no alarm.
 * @throws AndanteError UNKNOWN_MARKET
 */
async function compareMarket(market: string, nowMs: number, deps: ReconcileDeps) {
  const { log, clock } = deps;
  const startedAtMs = clock();
  let differences = 0;
  const compare = async (subject: Subject): Promise<boolean> => {
    const found = await checkRepeatedly(subject, deps);
    const isOwing = found?.some(({ code }) => code === 'UNDRAINED');
    for (const { code, where, expected, found: seen } of found ?? []) {
      const about = { market, code, where, expected, found: seen, mend: differenceMends[code] };
      if (isOwing || code === 'REPORTS_WAITING') {
        log.warn('what differs may be on its way', about);
        continue;
      }
      differences += 1;
      if (differences <= MOST_TOLD) log.critical('ledger, state and BigQuery differ', about);
    }
    return found !== undefined;
  };
  if (!(await compare(marketSubject(market, deps))))
    throw new AndanteError('UNKNOWN_MARKET', 'this market has no supply and no book');
  // Another order each day: where time runs out, it is others that are left.
  const day = dayOf(nowMs);
  const campaigns = (await campaignSubjects([market], deps))
    .map((subject) => ({ subject, place: sha256(`${day} ${subject.name}`) }))
    .sort((a, b) => (a.place < b.place ? -1 : 1));
  let compared = 0;
  for (let start = 0; start < campaigns.length && clock() - startedAtMs < MOST_MS; start += AT_A_TIME) {
    const batch = campaigns.slice(start, start + AT_A_TIME);
    await Promise.all(batch.map(({ subject }) => compare(subject)));
    compared += batch.length;
  }
  const left = campaigns.length - compared;
  if (left > 0) log.warn('not every campaign was compared in time', { market, campaigns: compared, left });
  if (differences > MOST_TOLD) log.critical('more differences than are told', { market, differences });
  return { differences, campaigns: compared, left };
}

/** Warns of intervals that hold too seldom or too often; returns how many kinds do. */
async function judgeIntervals(market: string, nowMs: number, { calibration, log }: ReconcileDeps): Promise<number> {
  const kinds = await calibration.coverage({ market, fromDay: dayOf(Math.max(0, nowMs - JUDGED_DAYS * DAY_MS)) });
  const wrong = kinds.filter(
    ({ n, coverage }) => n >= LEAST_SCORES && (coverage < BOUNDS.least || coverage > BOUNDS.most),
  );
  for (const { kind, n, coverage } of wrong)
    log.warn('intervals of forecasts do not hold what they say', { market, kind, n, coverage, ...BOUNDS });
  return wrong.length;
}
