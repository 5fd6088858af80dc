import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { CampaignCreatedWire } from '../../../shared/contracts/events.ts';
import {
  bookingRequest,
  budgetChanged,
  campaignCreated,
  campaignStatusChanged,
  quoteRequest,
} from '../../../shared/contracts/validators.generated.js';
import { drawBookingCalls } from '../../../emulators/world/booking-calls.ts';
import { createBookingFlow } from '../../../emulators/world/booking-flow.ts';
import { type BookingMessage, drawBookingPlan } from '../../../emulators/world/booking-plan.ts';
import { drawCampaignOrders } from '../../../emulators/world/campaign-orders.ts';
import { builtInProfiles } from '../../../emulators/world/market-profile.ts';
import { createPopulation } from '../../../emulators/world/population.ts';

const START_MS = Date.UTC(2026, 0, 5);
const population = createPopulation({ seed: 3, profiles: builtInProfiles(4) });

function inputOf({ seed = 3, campaigns = 24, days = 1 } = {}) {
  return { seed, population, startAtMs: START_MS, days, tickIntervalMs: 300_000, campaigns, loadShare: 0.7 };
}

const validators = {
  'campaign-created': campaignCreated,
  'budget-changed': budgetChanged,
  'campaign-status-changed': campaignStatusChanged,
};

function dataOf(message: BookingMessage): Record<string, unknown> {
  return (JSON.parse(message.body) as { data: Record<string, unknown> }).data;
}

describe('booking plan', () => {
  it('publishes valid events in time order, but for the one malformed message', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 3 }),
        (seed, campaigns, days) => {
          const plan = drawBookingPlan(inputOf({ seed, campaigns, days }));
          for (const message of plan) {
            const isValid = validators[message.topic](JSON.parse(message.body));
            assert.equal(isValid, message.kind !== 'malformed', `${message.eventId} of seed ${seed}`);
          }
          assert.deepEqual(
            plan.map(({ atMs }) => atMs),
            plan.map(({ atMs }) => atMs).sort((a, b) => a - b),
          );
          assert(
            plan.every(({ atMs }) => atMs >= START_MS && atMs < START_MS + days * 86_400_000 && atMs % 300_000 === 0),
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is the same for the same seed', () => {
    assert.deepEqual(drawBookingPlan(inputOf()), drawBookingPlan(inputOf()));
    assert.notDeepEqual(drawBookingPlan(inputOf()), drawBookingPlan(inputOf({ seed: 4 })));
  });

  it('contains every kind of trouble it promises', () => {
    const plan = drawBookingPlan(inputOf());
    const kinds = Map.groupBy(plan, ({ kind }) => kind);
    assert((kinds.get('duplicate')?.length ?? 0) >= 1);
    assert.equal(kinds.get('malformed')?.length, 1);
    const [conflict] = kinds.get('conflict') ?? [];
    const original = plan.find(({ eventId, kind }) => kind === 'first' && eventId === conflict?.eventId);
    assert(conflict && original);
    assert.notEqual(conflict.body, original.body);
    assert(conflict.atMs > original.atMs);
    const statuses = plan.flatMap((message) =>
      message.topic === 'campaign-status-changed' ? [dataOf(message)['status']] : [],
    );
    for (const status of ['paused', 'active', 'cancelled']) assert(statuses.includes(status), status);
  });

  it('publishes one change ahead of its campaign', () => {
    const first = drawBookingPlan(inputOf()).filter(({ kind }) => kind === 'first');
    const createdAt = new Map(
      first.flatMap((message) => (message.topic === 'campaign-created' ? [[message.campaignId, message.atMs]] : [])),
    );
    const early = first.filter(
      ({ topic, campaignId, atMs }) => topic !== 'campaign-created' && atMs < (createdAt.get(campaignId) ?? 0),
    );
    assert.equal(early.length, 1);
  });

  it('counts each register of a campaign from version 1 without gaps', () => {
    const next = new Map<string, number>();
    for (const message of drawBookingPlan(inputOf({ campaigns: 5 }))) {
      if (message.kind !== 'first' || message.topic === 'campaign-created') continue;
      const data = dataOf(message);
      const key = `${message.topic}/${message.campaignId}`;
      const expected = (next.get(key) ?? 0) + 1;
      assert.equal(data['budgetVersion'] ?? data['statusVersion'], expected);
      next.set(key, expected);
    }
    assert(next.size > 0);
  });

  it('moves budgets up and down', () => {
    const plan = drawBookingPlan(inputOf());
    const budgets = new Map(
      plan
        .filter(({ topic, kind }) => topic === 'campaign-created' && kind === 'first')
        .map((m) => [m.campaignId, Number(dataOf(m)['budgetMicros'])]),
    );
    const changes = plan
      .filter(({ topic }) => topic === 'budget-changed')
      .map((m) => Number(dataOf(m)['budgetMicros']) / (budgets.get(m.campaignId) ?? NaN));
    assert(changes.some((factor) => factor > 1.02));
    assert(changes.some((factor) => factor < 0.98));
  });
});

describe('campaign orders', () => {
  it('load the supply with about what they were told to', () => {
    const orders = drawCampaignOrders(inputOf());
    const budget = orders.filter((order) => !order.isInfeasible).reduce((sum, order) => sum + order.budgetMicros, 0);
    const value = population.markets
      .flatMap((market) => population.expectedSupply(market, '2026-01-05').cells)
      .reduce((sum, { q50, clickPpm }) => sum + q50 * (clickPpm / 1e6) * 500_000, 0);
    assert(budget / value > 0.5 && budget / value < 0.8, `load ${budget / value}`);
  });

  it('have one to three campaigns that cannot fit, of both ways to be answered', () => {
    const infeasible = drawCampaignOrders(inputOf()).filter((order) => order.isInfeasible);
    assert.equal(infeasible.length, 2);
    assert.deepEqual(new Set(infeasible.map(({ ifShort }) => ifShort)), new Set(['refuse', 'scale-down']));
    assert.equal(drawCampaignOrders(inputOf({ campaigns: 3 })).filter((order) => order.isInfeasible).length, 0);
  });

  it('start after they are booked and end within the world', () => {
    for (const order of drawCampaignOrders(inputOf({ days: 3, campaigns: 40 }))) {
      assert(order.startAtMs > order.publishAtMs);
      assert(order.endAtMs > order.startAtMs);
      assert(order.endAtMs <= START_MS + 3 * 86_400_000);
    }
  });
});

describe('booking flow', () => {
  it('publishes what is due once and remembers how often each id went out', async () => {
    const plan = drawBookingPlan(inputOf());
    const sent: CampaignCreatedWire[] = [];
    const flow = createBookingFlow({
      plan,
      publish: async (_topic, body) => void sent.push(JSON.parse(body) as CampaignCreatedWire),
    });
    await flow.publishDue(START_MS);
    const early = sent.length;
    assert.equal(early, plan.filter(({ atMs }) => atMs === START_MS).length);
    await flow.publishDue(START_MS);
    assert.equal(sent.length, early);
    await flow.publishDue(START_MS + 86_400_000);
    assert.equal(sent.length, plan.length);
    const published = flow.published();
    assert.equal(
      published.reduce((sum, { copies, conflicts }) => sum + copies + conflicts, 0),
      plan.length,
    );
    assert.equal(published.filter(({ isMalformed }) => isMalformed).length, 1);
    assert.equal(published.filter(({ conflicts }) => conflicts > 0).length, 1);
  });

  it('lets a failed publish be seen', async () => {
    const flow = createBookingFlow({
      plan: drawBookingPlan(inputOf()),
      publish: async () => Promise.reject(new Error('topic gone')),
    });
    await assert.rejects(flow.publishDue(START_MS), /topic gone/);
  });
});

describe('booking calls', () => {
  const called = (input: ReturnType<typeof inputOf>) =>
    drawBookingCalls(input).flatMap(({ then, request }) =>
      then === 'release' ? [] : request.campaigns.map(({ campaignId }) => campaignId),
    );

  it('are valid requests in time order, and the same for the same seed', () => {
    for (let seed = 0; seed < 20; seed++) {
      const calls = drawBookingCalls(inputOf({ seed }));
      for (const { request, quotes } of calls) {
        assert(bookingRequest(request), JSON.stringify(bookingRequest.errors));
        for (const quote of quotes) assert(quoteRequest(quote), JSON.stringify(quoteRequest.errors));
        assert.deepEqual(
          quotes.map(({ requestId }) => requestId),
          request.campaigns.map(({ campaignId }) => campaignId),
        );
      }
      const times = calls.map(({ atMs }) => atMs);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
      assert.deepEqual(calls, drawBookingCalls(inputOf({ seed })));
    }
  });

  it('and events together are every order once', () => {
    for (let seed = 0; seed < 20; seed++) {
      const input = inputOf({ seed, campaigns: 1 + seed });
      const published = drawBookingPlan(input).flatMap(({ topic, kind, campaignId }) =>
        topic === 'campaign-created' && kind === 'first' ? [campaignId] : [],
      );
      const orders = drawCampaignOrders(input).map(({ campaignId }) => campaignId);
      assert.deepEqual([...published, ...called(input)].sort(), orders.sort());
    }
  });

  it('hold, confirm, let go, come again, and leave to events what is to be refused', () => {
    const calls = drawBookingCalls(inputOf({ campaigns: 48 }));
    assert.deepEqual(new Set(calls.map(({ then }) => then)), new Set(['confirm', 'release', 'nothing']));
    assert.equal(calls.filter(({ then }) => then === 'release').length, 1);
    assert(calls.some(({ isRepeated }) => isRepeated));
    assert(calls.some(({ request }) => request.campaigns.length > 1));
    for (const { then, request } of calls) assert.equal(request.hold !== undefined, then !== 'nothing');
    const infeasible = drawCampaignOrders(inputOf({ campaigns: 48 })).filter(({ isInfeasible }) => isInfeasible);
    const ids = called(inputOf({ campaigns: 48 }));
    assert(infeasible.every(({ campaignId }) => !ids.includes(campaignId)));
  });
});
