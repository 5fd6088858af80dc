// Each scenario played against the stand-in for the functions: what the world itself does in it.
import assert from 'node:assert/strict';
import { drawBookingPlan } from '../../../emulators/world/booking-plan.ts';
import { drawCampaignOrders } from '../../../emulators/world/campaign-orders.ts';
import { builtInProfiles } from '../../../emulators/world/market-profile.ts';
import { type PopulationOptions, createPopulation } from '../../../emulators/world/population.ts';
import { runWorld } from '../../../emulators/world/run-world.ts';
import { type Scenario, type ScenarioName, scenarios, troubleOf } from '../../../emulators/world/scenarios.ts';
import { createFakeFunctions } from './fake-functions.ts';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2026, 0, 5);
const TICK_MS = HOUR_MS / 2;
const hour = (count: number) => START_MS + count * HOUR_MS;

async function play(name: ScenarioName, own: Partial<PopulationOptions> = {}) {
  const scenario: Scenario = scenarios[name];
  const population = createPopulation({ seed: 2, profiles: builtInProfiles(1), dailyOpportunities: 6000, ...own });
  let nowMs = START_MS;
  const calls: { atMs: number; url: string; body: string }[] = [];
  const functions = createFakeFunctions({
    population,
    startAtMs: START_MS,
    tickIntervalMs: TICK_MS,
    groups: 2,
    grantMicros: 500_000,
  });
  const result = await runWorld({
    seed: 2,
    startAtMs: START_MS,
    tickIntervalMs: TICK_MS,
    campaigns: 8,
    ...scenario.settings,
    trouble: troubleOf(scenario, START_MS, 'SE'),
    population,
    functionsUrl: 'http://functions',
    publish: functions.publish,
    fetch: (url, init) => {
      calls.push({ atMs: nowMs, url, body: typeof init.body === 'string' ? init.body : '' });
      return functions.fetch(url, init);
    },
    tick: async (atMs) => {
      nowMs = atMs;
      return functions.tick(atMs);
    },
    pause: async () => {},
  });
  return { result, functions, calls, population };
}

describe('the scenarios', () => {
  it('have sentences, and hours that a day has', () => {
    for (const scenario of Object.values<Scenario>(scenarios)) {
      assert.match(scenario.sentence, /^[a-z].{20,110}$/);
      const { surge, cutOff, silence, budgetCut } = scenario;
      const ends = [surge, cutOff].map((one) => (one ? one.fromHour + one.hours : 0));
      for (const end of [...ends, silence?.fromHour ?? 0, budgetCut?.atHour ?? 0]) assert(end >= 0 && end < 24);
    }
  });

  it('steady: no report comes late, nobody falls silent', async () => {
    const { result } = await play('steady');
    assert.deepEqual([result.lateReports, result.silentMicros], [0, undefined]);
    assert(result.impressions > 500 && result.clicks > 0);
  });

  it('market-outage: the market calls nobody for three hours, serves on, and tells all of it afterwards', async () => {
    const { result, calls, functions } = await play('market-outage');
    const ofMarket = calls.filter(({ url, body }) => url.includes('/SE/') || body.includes('"market":"SE"'));
    const between = (fromMs: number, untilMs: number) =>
      ofMarket.filter(({ atMs }) => atMs >= fromMs && atMs < untilMs).length;
    assert.equal(between(hour(10), hour(13)), 0);
    assert(between(hour(9), hour(10)) > 0 && between(hour(13), hour(14)) > 0);
    assert.equal(result.lateReports, 12);
    const late = functions
      .uniqueReports()
      .filter(
        ({ market, windowStartAt }) =>
          market === 'SE' && windowStartAt >= '2026-01-05T10' && windowStartAt < '2026-01-05T13',
      );
    assert.equal(late.length, 12);
    const served = late.flatMap(({ lines }) => lines).filter(({ impressions }) => impressions > 0);
    assert(served.length > 0, 'it serves inside its leases');
    // Leases last for three ticks: an hour and a half later nothing is left to serve with.
    for (const { hourAt } of served) assert(hourAt < '2026-01-05T12', hourAt);
  });

  it('silent-ad-server: the group says nothing any more, and the world knows what it holds', async () => {
    const { result, functions } = await play('silent-ad-server');
    assert((result.silentMicros ?? 0) > 0);
    const last = functions.uniqueReports().filter(({ eventId }) => eventId.startsWith('report:SE-b:'));
    assert(last.every(({ windowEndAt }) => windowEndAt <= '2026-01-05T12:00:00.000Z'));
    assert.equal(last.at(-1)?.windowEndAt, '2026-01-05T12:00:00.000Z');
    assert.equal(functions.ticks.at(-1), hour(24 + 16));
  });

  it('surge: three times the traffic for three hours, and as ever before and after', async () => {
    const { surge } = scenarios.surge;
    const surged = {
      startAtMs: hour(surge.fromHour),
      endAtMs: hour(surge.fromHour + surge.hours),
      factor: surge.factor,
    };
    const [steady, more] = [await play('surge'), await play('surge', { surge: surged })].map(({ functions }) => {
      const counts = new Map<string, number>();
      for (const { windowStartAt, opportunities } of functions.uniqueReports()) {
        const when = windowStartAt.slice(11, 13);
        counts.set(when, (counts.get(when) ?? 0) + opportunities.reduce((sum, cell) => sum + cell.opportunities, 0));
      }
      return counts;
    });
    for (const when of ['08', '09', '13', '14']) assert.equal(more?.get(when), steady?.get(when));
    const ratio = (when: string) => (more?.get(when) ?? 0) / (steady?.get(when) ?? NaN);
    for (const when of ['10', '11', '12']) assert(Math.abs(ratio(when) - 3) < 0.5, `${when} h: ${ratio(when)}`);
  });

  it('late-clicks: fewer clicks than was learnt, and later', async () => {
    const [steady, late] = [await play('steady'), await play('late-clicks')];
    const delayOf = ({ functions }: typeof late) => {
      const clicks = functions
        .uniqueReports()
        .flatMap(({ windowEndAt, lines }) =>
          lines.flatMap((line) =>
            new Array<number>(line.clicks).fill(Date.parse(windowEndAt) - Date.parse(line.hourAt)),
          ),
        );
      return clicks.reduce((sum, delayMs) => sum + delayMs, 0) / clicks.length;
    };
    assert(delayOf(late) > delayOf(steady) + HOUR_MS / 2);
    assert(late.result.clicks < 0.85 * steady.result.clicks, `${late.result.clicks} of ${steady.result.clicks}`);
  });

  it('doubled-ticks: half of the reports are sent twice', async () => {
    const { result } = await play('doubled-ticks');
    assert(Math.abs(result.duplicates / result.reports - 0.5) < 0.12);
  });

  it('budget-cut: half of the campaigns in flight at noon ask for 40%, once, and nobody else for less', () => {
    const population = createPopulation({ seed: 2, profiles: builtInProfiles(2), dailyOpportunities: 4000 });
    const input = {
      seed: 2,
      population,
      startAtMs: START_MS,
      days: 1,
      tickIntervalMs: TICK_MS,
      campaigns: 24,
      loadShare: 0.7,
    };
    const { budgetCut } = troubleOf(scenarios['budget-cut'], START_MS, 'SE');
    assert(budgetCut);
    const messages = drawBookingPlan({ ...input, budgetCut }).filter(({ kind }) => kind === 'first');
    const asked = new Map(drawCampaignOrders(input).map((order) => [order.campaignId, order.budgetMicros]));
    const cuts = messages.flatMap(({ topic, campaignId, atMs, body }) => {
      const { budgetMicros = 0 } = (JSON.parse(body) as { data: { budgetMicros?: number } }).data;
      const part = budgetMicros / (asked.get(campaignId) ?? NaN);
      return topic === 'budget-changed' && part < 0.5 ? [{ atMs, campaignId, part }] : [];
    });
    assert(cuts.length >= 7 && cuts.length <= 12, `${cuts.length} cuts`);
    assert.equal(new Set(cuts.map(({ campaignId }) => campaignId)).size, cuts.length);
    for (const { atMs, part } of cuts) assert.deepEqual([atMs, Math.round(part * 100)], [hour(12), 40]);
    const others = drawBookingPlan(input).filter(({ kind }) => kind === 'first');
    assert.equal(messages.length, others.length + cuts.length);
  });

  it('crowded-market: campaigns ask for more than there is', () => {
    const population = createPopulation({ seed: 2, profiles: builtInProfiles(2), dailyOpportunities: 4000 });
    const input = { seed: 2, population, startAtMs: START_MS, days: 1, tickIntervalMs: TICK_MS, campaigns: 24 };
    const asked = (loadShare: number) =>
      drawCampaignOrders({ ...input, loadShare })
        .filter(({ isInfeasible }) => !isInfeasible)
        .reduce((sum, { budgetMicros }) => sum + budgetMicros, 0);
    assert(asked(scenarios['crowded-market'].settings.loadShare) > 2 * asked(0.7));
  });
});
