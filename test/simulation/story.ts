// What the owners of campaigns do in one seed: they book, change budgets and states, say things twice and in two
// spellings, contradict themselves, meddle with the campaigns of others, and send what nobody can read.
import assert from 'node:assert/strict';
import type { Random } from '../../emulators/world/random.ts';
import type { BusinessEvent, CampaignEvent } from '../../shared/contracts/events.ts';
import { encodeInstants } from '../../shared/contracts/instants.ts';
import { HOUR_MS, START_MS } from '../support/instants.ts';
import { campaignCreated, order } from '../support/events.ts';

export const MARKETS = ['M1', 'M2'] as const;
export const SEGMENTS = ['casual', 'fan'] as const;
/** Rounds with faults; one is an hour of ticks long. */
export const ROUNDS = 4;
export const ROUND_MS = HOUR_MS;
/** Every seed has at least this many business events. */
export const MIN_EVENTS = 24;

/** One event as its owner publishes it: perhaps twice, and not always in the same words. */
export interface Publication {
  round: number;
  event: CampaignEvent;
  /** The bodies to publish, one message each. */
  bodies: string[];
  attributes: Record<string, string>;
  /** The producer contradicts an event of its own, or cannot be read: it must be quarantined, or wait to be the first. */
  kind: 'valid' | 'conflict' | 'garbage' | 'misattributed';
}

export interface Story {
  campaignIds: string[];
  publications: Publication[];
  /** One more budget change, for seeds with too few events. */
  another(): Publication;
}

type Created = Extract<BusinessEvent, { type: 'andante.campaign-created.v1' }>;

export function drawStory(random: Random): Story {
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const between = (low: number, high: number) => low + Math.floor(random() * (high - low + 1));
  const chance = (share: number) => random() < share;
  const versions = new Map<string, number>();
  let serial = 0;

  const createdOf = (campaignId: string, tenantId: string): Created => {
    const startAtMs = START_MS + between(0, 2) * ROUND_MS;
    const endAtMs = startAtMs + between(4, 12) * ROUND_MS + (chance(0.2) ? 1_234_567 : 0);
    const budgetMicros = between(5_000_000, chance(0.3) ? 250_000_000 : 60_000_000);
    const subcampaigns = Array.from({ length: between(1, 3) }, (_, index) => {
      const bounds = chance(0.7)
        ? {}
        : pick([
            { floorMicros: Math.floor(budgetMicros / between(3, 9)) },
            { capMicros: Math.floor(budgetMicros / between(1, 4)) },
            { lockMicros: Math.floor(budgetMicros / between(3, 12)) },
          ]);
      const segments = chance(0.3) ? [...SEGMENTS] : [pick(SEGMENTS)];
      return order({
        subcampaignId: `s${index}`,
        market: pick(MARKETS),
        segments,
        clickPriceMicros: between(100_000, 900_000),
        ...bounds,
      });
    });
    const ifShort = chance(0.6) ? 'scale-down' : 'refuse';
    return campaignCreated(
      { campaignId, budgetMicros, startAtMs, endAtMs, ifShort, subcampaigns },
      { tenantId, source: 'booking' },
    );
  };

  const nextVersion = (register: string, campaignId: string) => {
    const key = `${register} ${campaignId}`;
    const known = versions.get(key) ?? 0;
    if (known > 0 && chance(0.15)) return between(1, known);
    versions.set(key, known + 1);
    return known + 1;
  };
  const changeOf = (created: Created): CampaignEvent => {
    const { campaignId, budgetMicros } = created.data;
    const tenantId = chance(0.04) ? otherTenant(created.tenantId) : created.tenantId;
    const envelope = { source: 'booking', tenantId, occurredAtMs: START_MS };
    if (chance(0.65)) {
      const budgetVersion = nextVersion('budget', campaignId);
      const data = {
        campaignId,
        budgetMicros: Math.max(1, Math.floor(budgetMicros * (0.05 + random() * 1.6))),
        budgetVersion,
      };
      return { type: 'andante.budget-changed.v1', eventId: `budget:${campaignId}:${++serial}`, ...envelope, data };
    }
    const statusVersion = nextVersion('status', campaignId);
    const status = chance(0.8) ? pick(['paused', 'active'] as const) : pick(['cancelled', 'completed'] as const);
    const data = { campaignId, status, statusVersion };
    return {
      type: 'andante.campaign-status-changed.v1',
      eventId: `status:${campaignId}:${++serial}`,
      ...envelope,
      data,
    };
  };

  const publication = (event: CampaignEvent, round: number, kind: Publication['kind'] = 'valid'): Publication => {
    const body = JSON.stringify(encodeInstants(event));
    const bodies = [body];
    if (kind === 'garbage') bodies[0] = body.replace(/"type":"[^"]*"/, '"type":"andante.nonsense.v1"');
    else if (chance(0.2)) bodies.push(chance(0.5) ? body : otherSpelling(body));
    const tenantId = kind === 'misattributed' ? otherTenant(event.tenantId) : event.tenantId;
    return { round, event, bodies, attributes: { type: event.type, tenantId }, kind };
  };

  const campaigns = Array.from({ length: between(3, 4) }, (_, index) => createdOf(`c${index}`, pick(['t1', 't2'])));
  const publications = campaigns.map((created) => publication(created, between(0, 2)));
  if (chance(0.15)) {
    const [taken] = campaigns as [Created];
    publications.push(publication(createdOf(taken.data.campaignId, otherTenant(taken.tenantId)), between(0, 2)));
  }
  for (let index = between(8, 11); index > 0; index--) {
    const event = changeOf(pick(campaigns));
    const round = between(0, ROUNDS - 1);
    const draw = random();
    publications.push(publication(event, round, draw < 0.03 ? 'garbage' : draw < 0.05 ? 'misattributed' : 'valid'));
    if (draw > 0.95) publications.push(publication(contradict(event), round, 'conflict'));
  }
  return {
    campaignIds: campaigns.map(({ data }) => data.campaignId),
    publications,
    another: () => publication(changeOf(pick(campaigns)), ROUNDS - 1),
  };
}

function otherTenant(tenantId: string): string {
  return tenantId === 't1' ? 't2' : 't1';
}

/** The same id with another payload. */
function contradict(event: CampaignEvent): CampaignEvent {
  if (event.type === 'andante.budget-changed.v1' && !('cause' in event.data))
    return { ...event, data: { ...event.data, budgetMicros: event.data.budgetMicros + 1_000_003 } };
  if (event.type === 'andante.campaign-status-changed.v1')
    return { ...event, data: { ...event.data, status: event.data.status === 'paused' ? 'active' : 'paused' } };
  assert(event.type === 'andante.campaign-created.v1');
  return { ...event, data: { ...event.data, budgetMicros: event.data.budgetMicros + 1_000_003 } };
}

/** The same event in other words: keys in another order, instants without milliseconds and with an offset. */
function otherSpelling(body: string): string {
  const wire = JSON.parse(body.replaceAll('.000Z"', '+00:00"')) as Record<string, unknown>;
  return JSON.stringify(Object.fromEntries(Object.entries(wire).reverse()), null, 1);
}
