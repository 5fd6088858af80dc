// An ad-server group in one market: reads the plan through its door, spends inside its leases (or past them, when it is
// rogue), tells of clicks late, gives leases back, and posts reports until they are taken.
import type { Random } from '../../emulators/world/random.ts';
import type { DeliveryReported } from '../../shared/contracts/events.ts';
import { encodeInstants } from '../../shared/contracts/instants.ts';
import type { HttpAnswer } from '../../shared/runtime/http.ts';
import { HOUR_MS } from '../support/instants.ts';
import type { Cluster } from './cluster.ts';

type Data = DeliveryReported['data'];
type Line = Data['lines'][number];

export interface AdServerDeps {
  group: string;
  market: string;
  random: Random;
  cluster: Cluster;
  nowMs: () => number;
  /** Told of every report before it is first sent, and of those the door took. */
  onReport: (eventId: string, data: Data) => void;
  onTaken: (eventId: string) => void;
  /** Campaigns to make wrong reports about. */
  campaignIds: readonly string[];
}

export interface AdServer {
  /** One window: plan, traffic, report. With `isLast`, only what is still owed. */
  work(isLast?: boolean): Promise<void>;
}

interface Lease {
  campaignId: string;
  subcampaignId: string;
  clickPriceMicros: number;
  grantedMicros: number;
  returnedMicros: number;
  chargedMicros: number;
  spendUntilAtMs: number;
  closedMicros: number;
}

interface WirePlan {
  lines: {
    campaignId: string;
    subcampaignId: string;
    clickPriceMicros: number;
    leases: { group: string; grantedMicros: number; returnedMicros: number; spendUntilAt: string }[];
  }[];
}

/** Whoever posts gives up after so many answers that are none; the report is posted again in the next window. */
const MAX_POSTS = 4;

export function createAdServer(deps: AdServerDeps): AdServer {
  const { group, market, random, cluster, nowMs, onReport, onTaken, campaignIds } = deps;
  const chance = (share: number) => random() < share;
  const between = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  const leases = new Map<string, Lease>();
  const lateClicks: Line[] = [];
  const unsent = new Map<string, string>();
  /** A silent group forgets to give its leases back. */
  const isSilent = chance(0.2);
  let serial = 0;

  function adopt(plan: WirePlan): void {
    for (const line of plan.lines) {
      const shown = line.leases.find((lease) => lease.group === group);
      if (!shown) continue;
      const { campaignId, subcampaignId, clickPriceMicros } = line;
      const key = `${campaignId}/${subcampaignId}`;
      const known = leases.get(key) ?? {
        campaignId,
        subcampaignId,
        clickPriceMicros,
        chargedMicros: 0,
        closedMicros: 0,
      };
      const { grantedMicros, returnedMicros, spendUntilAt } = shown;
      // An older copy of the plan says nothing new.
      if ('grantedMicros' in known && known.grantedMicros > grantedMicros) continue;
      leases.set(key, { ...known, grantedMicros, returnedMicros, spendUntilAtMs: Date.parse(spendUntilAt) });
    }
  }

  function serve(lease: Lease): Line[] {
    const openMicros = lease.grantedMicros - lease.returnedMicros - lease.chargedMicros;
    const isOpen = lease.spendUntilAtMs > nowMs() && lease.closedMicros < lease.grantedMicros;
    const isRogue = chance(0.03);
    if ((!isOpen || openMicros <= 0 || chance(0.3)) && !isRogue) return [];
    const share = chance(0.3) ? 1 : random();
    const chargedMicros = Math.max(0, Math.floor(openMicros * share)) + (isRogue ? between(1, 20_000_000) : 0);
    lease.chargedMicros += chargedMicros;
    const expected = chargedMicros / lease.clickPriceMicros;
    const clicks = Math.floor(expected * (0.2 + 1.2 * random()));
    const told = chance(0.5) ? clicks : Math.floor(clicks * random());
    const { campaignId, subcampaignId } = lease;
    const hourAtMs = Math.floor(nowMs() / HOUR_MS) * HOUR_MS - (chance(0.1) ? HOUR_MS : 0);
    const line = {
      campaignId,
      subcampaignId,
      hourAtMs,
      impressions: between(1, 500),
      clicks: told,
      conversions: chance(0.2) ? 1 : 0,
      chargedMicros,
    };
    if (told < clicks)
      lateClicks.push({ ...line, impressions: 0, clicks: clicks - told, conversions: 0, chargedMicros: 0 });
    return [line];
  }

  /** What no honest group says: a campaign nobody booked, an hour still to come, more than anybody could owe. */
  function nonsense(): Line[] {
    if (!chance(0.04)) return [];
    const line = {
      campaignId: campaignIds[0] as string,
      subcampaignId: 's0',
      hourAtMs: nowMs() - HOUR_MS,
      impressions: 1,
      clicks: 0,
      conversions: 0,
      chargedMicros: 0,
    };
    const draw = random();
    if (draw < 0.4) return [{ ...line, campaignId: 'nobody' }];
    return draw < 0.7 ? [{ ...line, hourAtMs: nowMs() + 3 * HOUR_MS }] : [{ ...line, chargedMicros: 2 ** 50 }];
  }

  function closings(): Data['closings'] {
    if (isSilent) return [];
    const due = [...leases.values()].filter(
      (lease) => lease.closedMicros < lease.grantedMicros && chance(lease.spendUntilAtMs <= nowMs() ? 0.8 : 0.1),
    );
    for (const lease of due) lease.closedMicros = lease.grantedMicros;
    return due.map(({ campaignId, subcampaignId, grantedMicros, chargedMicros }) => ({
      campaignId,
      subcampaignId,
      grantedMicros,
      chargedMicros,
    }));
  }

  async function post(eventId: string): Promise<void> {
    const body = Buffer.from(unsent.get(eventId) as string);
    const headers = { authorization: `Bearer group:${group}` };
    for (let attempt = 0; attempt < MAX_POSTS; attempt++) {
      const answer: HttpAnswer | undefined = await cluster.call('report', {
        method: 'POST',
        path: '/v1/reports',
        headers,
        body,
      });
      if (answer?.status !== 202) continue;
      unsent.delete(eventId);
      onTaken(eventId);
      return;
    }
  }

  return {
    async work(isLast = false) {
      if (chance(0.85)) {
        const answer = await cluster.call('plan', {
          method: 'GET',
          path: `/v1/markets/${market}/plan`,
          headers: { authorization: `Bearer group:${group}` },
          body: Buffer.alloc(0),
        });
        if (answer?.status === 200) adopt(JSON.parse(answer.body as string) as WirePlan);
      }
      const served = isLast ? [] : [...[...leases.values()].flatMap(serve), ...nonsense()];
      const lines = [...served, ...lateClicks.splice(0, isLast || chance(0.4) ? lateClicks.length : 0)];
      const given = closings();
      const isApart = given.length > 0 && chance(0.5);
      if (!isLast || lines.length + given.length > 0) tell(lines, isApart ? [] : given);
      // The bus may bring the closing before the charges that it closes.
      if (isApart) tell([], given);
      for (const waiting of [...unsent.keys()]) await post(waiting);
    },
  };

  function tell(lines: Line[], given: Data['closings']): void {
    const opportunities = SEGMENT_CELLS.map((cell) => ({ ...cell, opportunities: between(0, 900) }));
    const windowEndAtMs = Math.max(nowMs(), ...lines.map((line) => line.hourAtMs));
    const data: Data = {
      group,
      market,
      windowStartAtMs: nowMs() - HOUR_MS,
      windowEndAtMs,
      lines,
      opportunities,
      sample: [],
      closings: given,
    };
    const eventId = `report:${group}:${market}:${++serial}`;
    onReport(eventId, data);
    const { group: _stamped, ...body } = data;
    unsent.set(eventId, JSON.stringify({ eventId, ...(encodeInstants(body) as object) }));
  }
}

const SEGMENT_CELLS = [
  { segment: 'casual', surface: 'home' },
  { segment: 'fan', surface: 'home' },
];
