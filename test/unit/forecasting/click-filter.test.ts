import assert from 'node:assert/strict';
import fc from 'fast-check';
import { NO_CLICKS, filterClicks, type ClickRecord } from '../../../shared/forecasting/click-filter.ts';

const HOUR_MS = 3_600_000;
const NOON_MS = 20_000 * 24 * HOUR_MS + 12 * HOUR_MS;
const RULES = { windowMs: 6 * HOUR_MS, fastestMs: 300, dailyClicks: 1.5 };

const click = (listener: string, campaignId: string, afterMs: number, delayMs?: number): ClickRecord => ({
  listener,
  campaignId,
  atMs: NOON_MS + afterMs,
  ...(delayMs !== undefined && { impressionAtMs: NOON_MS + afterMs - delayMs }),
});
const verdictsOf = (clicks: ClickRecord[], history = NO_CLICKS) => filterClicks(clicks, RULES, history).verdicts;

describe('the click filter', () => {
  it('bills the first click of a listener and campaign, and no other', () => {
    assert.deepEqual(
      verdictsOf([
        click('a', 'x', 900, 500),
        click('a', 'x', 800, 500),
        click('a', 'y', 900, 500),
        click('b', 'x', 900, 500),
      ]),
      ['DUPLICATE', 'BILLABLE', 'BILLABLE', 'BILLABLE'],
    );
  });

  it('goes by the click, not by its impression', () => {
    assert.deepEqual(verdictsOf([click('a', 'x', 900, 800), click('a', 'x', 800, 400)]), ['DUPLICATE', 'BILLABLE']);
  });

  it('bills no click without an impression before it and within the window, nor one that nobody is fast enough for', () => {
    assert.deepEqual(
      verdictsOf([
        click('a', 'x', 0),
        click('b', 'x', 0, -1),
        click('c', 'x', 0, RULES.windowMs + 1),
        click('d', 'x', 0, RULES.windowMs),
        click('e', 'x', 0, 299),
        click('f', 'x', 0, 300),
      ]),
      ['NO_IMPRESSION', 'NO_IMPRESSION', 'NO_IMPRESSION', 'BILLABLE', 'TOO_FAST', 'BILLABLE'],
    );
  });

  it('bills a good click after a bad one of the same listener', () => {
    assert.deepEqual(verdictsOf([click('a', 'x', 0, 10), click('a', 'x', 1000, 500)]), ['TOO_FAST', 'BILLABLE']);
  });

  it('bills nothing of the day of a listener who clicks on everything, and all of their next', () => {
    const robot = Array.from({ length: 200 }, (_, index) => click('robot', `c${index}`, index * 1000, 500));
    const person = Array.from({ length: 8 }, (_, index) => click('person', `c${index}`, index * 1000, 500));
    const nextDay = click('robot', 'z', 13 * HOUR_MS, 500);
    const verdicts = verdictsOf([...robot, ...person, nextDay]);
    assert(verdicts.slice(0, 200).every((verdict) => verdict === 'TOO_MANY'));
    assert(verdicts.slice(200).every((verdict) => verdict === 'BILLABLE'));
  });

  it('does not take a click that is told a hundred times for a hundred clicks', () => {
    const verdicts = verdictsOf(Array.from({ length: 100 }, () => click('a', 'x', 0, 500)));
    assert.equal(verdicts.filter((verdict) => verdict === 'BILLABLE').length, 1);
    assert.equal(verdicts.filter((verdict) => verdict === 'DUPLICATE').length, 99);
  });

  it('remembers between batches what was billed and how often listeners clicked, as JSON', () => {
    const first = filterClicks([click('a', 'x', 0, 500)], RULES);
    const history = JSON.parse(JSON.stringify(first.history)) as typeof first.history;
    assert.deepEqual(verdictsOf([click('a', 'x', 9000, 500), click('a', 'y', 9000, 500)], history), [
      'DUPLICATE',
      'BILLABLE',
    ]);
    let robot = NO_CLICKS;
    const seen: string[] = [];
    for (let index = 0; index < 100; index++) {
      const batch = filterClicks([click('robot', `c${index}`, index * 1000, 500)], RULES, robot);
      robot = batch.history;
      seen.push(...batch.verdicts);
    }
    assert.equal(seen[0], 'BILLABLE');
    assert.equal(seen[99], 'TOO_MANY');
    assert.equal(seen.lastIndexOf('BILLABLE') + 1, seen.indexOf('TOO_MANY'));
  });

  it('forgets how often listeners clicked days ago', () => {
    const { history } = filterClicks([click('a', 'x', 0, 500)], RULES);
    const later = filterClicks([click('b', 'x', 48 * HOUR_MS, 500)], RULES, history);
    assert.equal(later.history.daily.length, 1);
    assert.equal(later.history.billed.length, 2);
  });

  it('changes no history that it was given, and none for no clicks', () => {
    const { history } = filterClicks([click('a', 'x', 0, 500)], RULES);
    const before = structuredClone(history);
    filterClicks([click('b', 'y', 0, 500)], RULES, history);
    assert.deepEqual(history, before);
    assert.deepEqual(filterClicks([], RULES, history), { verdicts: [], history });
  });

  it('gives the same verdict to every click and the same history in whatever order a batch comes', () => {
    const record = fc
      .record({
        listener: fc.constantFrom('a', 'b', '__proto__', '"'),
        campaignId: fc.constantFrom('x', 'y'),
        after: fc.constantFrom(0, 1, 1000, 30 * HOUR_MS),
        delay: fc.constantFrom(undefined, -5, 0, 299, 500, 501, 7 * HOUR_MS),
      })
      .map(({ listener, campaignId, after, delay }) => click(listener, campaignId, after, delay));
    const shuffled = fc.array(record, { maxLength: 60 }).chain((clicks) => {
      return fc.tuple(
        fc.constant(clicks),
        fc.shuffledSubarray(
          clicks.map((_, place) => place),
          { minLength: clicks.length },
        ),
      );
    });
    fc.assert(
      fc.property(shuffled, ([clicks, order]) => {
        const one = filterClicks(clicks, RULES);
        const other = filterClicks(
          order.map((place) => clicks[place] as ClickRecord),
          RULES,
        );
        assert.deepEqual(other.history, one.history);
        const told = (places: number[], verdicts: string[]) =>
          places.map((place, at) => `${JSON.stringify(clicks[place])} ${verdicts[at]}`).sort();
        const inOrder = clicks.map((_, place) => place);
        assert.deepEqual(told(order, other.verdicts), told(inOrder, one.verdicts));
        const billed = clicks.filter((_, place) => one.verdicts[place] === 'BILLABLE');
        assert.equal(new Set(billed.map((own) => JSON.stringify([own.listener, own.campaignId]))).size, billed.length);
      }),
    );
  });

  it('refuses instants and rules that are no numbers', () => {
    for (const bad of [NaN, Infinity]) {
      assert.throws(() => verdictsOf([{ ...click('a', 'x', 0, 500), atMs: bad }]), { code: 'INVALID_RESPONSE' });
      assert.throws(() => verdictsOf([{ ...click('a', 'x', 0), impressionAtMs: bad }]), { code: 'INVALID_RESPONSE' });
    }
    for (const name of Object.keys(RULES)) {
      for (const bad of [-1, NaN, Infinity]) {
        assert.throws(() => filterClicks([], { ...RULES, [name]: bad }), { code: 'INVALID_RESPONSE' });
      }
    }
  });
});
