// A market and the campaigns in its book compared with ledger and rows, for the nightly function: what differs is told in
// the log. Nothing is written, so doing it twice is harmless.
import { dayOf } from '../forecasting/traffic-clock.ts';
import { AndanteError } from '../runtime/errors.ts';
import type { Log } from '../runtime/log.ts';
import { sha256 } from '../store/ledger-key.ts';
import { checkRepeatedly, type Waiting } from './check-repeatedly.ts';
import { brokenInvariants, differenceMends } from './difference.ts';
import { campaignSubjects, marketSubject, type Subject, type SubjectDeps } from './subjects.ts';

export interface CompareDeps extends SubjectDeps, Pick<Waiting, 'sleep'> {
  log: Log;
}

export interface Compared {
  differences: number;
  campaigns: number;
  /** Campaigns that time ran out for. */
  left: number;
}

/** Campaigns compared at a time: each waits for BigQuery most of the time. */
const AT_A_TIME = 8;
/** Well within the function's timeout, which would end it in the middle and begin it again. */
const MOST_MS = 400_000;
/** Differences told one by one; a broken market has thousands. */
const MOST_TOLD = 50;

/**
 * Rows that the ledger still owes may be all that differs, and reports wait for every tick: both are no alarm.
 * @param nowMs the day decides the order of campaigns
 * @throws AndanteError UNKNOWN_MARKET, OUTCOMES_UNAVAILABLE, STORE_UNAVAILABLE
 */
export async function compareMarket(market: string, nowMs: number, deps: CompareDeps): Promise<Compared> {
  const { log, clock } = deps;
  const startedAtMs = clock();
  let differences = 0;
  const compare = async (subject: Subject): Promise<boolean> => {
    const found = await checkRepeatedly(subject, deps);
    const isOwing = found?.some(({ code }) => code === 'UNDRAINED');
    for (const { code, where, expected, found: seen } of found ?? []) {
      const about = { market, ...subject.of, code, where, expected, found: seen, mend: differenceMends[code] };
      const invariant = brokenInvariants[code];
      if (isOwing || code === 'REPORTS_WAITING') {
        log.warn('what differs may be on its way', about);
        continue;
      }
      differences += 1;
      if (differences > MOST_TOLD) continue;
      if (invariant === undefined) log.critical('ledger, state and BigQuery differ', about);
      else log.critical('invariant violated', { ...about, invariant });
    }
    return found !== undefined;
  };
  if (!(await compare(marketSubject(market, deps))))
    throw new AndanteError('UNKNOWN_MARKET', 'this market has no supply and no book');
  const campaigns = shuffledByDay(await campaignSubjects([market], deps), dayOf(nowMs));
  let compared = 0;
  for (let start = 0; start < campaigns.length && clock() - startedAtMs < MOST_MS; start += AT_A_TIME) {
    const batch = campaigns.slice(start, start + AT_A_TIME);
    await Promise.all(batch.map(compare));
    compared += batch.length;
  }
  const left = campaigns.length - compared;
  if (left > 0) log.warn('not every campaign was compared in time', { market, campaigns: compared, left });
  if (differences > MOST_TOLD) log.critical('more differences than are told', { market, differences });
  return { differences, campaigns: compared, left };
}

/** Another order each day: where time runs out, it is others that are left. */
function shuffledByDay(subjects: readonly Subject[], day: string): Subject[] {
  const placed = subjects.map((subject) => ({ subject, place: sha256(`${day} ${subject.name}`) }));
  return placed.sort((a, b) => (a.place < b.place ? -1 : 1)).map(({ subject }) => subject);
}
