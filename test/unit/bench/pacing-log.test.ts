import assert from 'node:assert/strict';
import { pacerOf, parseLog } from '../../bench/pacing-file.ts';
import { bestInHindsight, playLog } from '../../bench/pacing-play.ts';
import { drawLog, standardWorld, totalOf, type OpportunityLog } from '../../bench/pacing-world.ts';
import { UsageError } from '../../bench/usage-error.ts';

const world = { ...standardWorld, opportunities: 2000 };

function valueOf(log: OpportunityLog, budget: number, history?: OpportunityLog): number {
  const { value, spent } = playLog(log, budget, pacerOf(log.minute[0] as number, budget, history));
  assert(spent <= budget, `${spent} of ${budget}`);
  const best = bestInHindsight(log, budget).value;
  return best > 0 ? value / best : 1;
}

function logOf(count: number, offerAt: (index: number) => [value: number, price: number]): OpportunityLog {
  const offers = Array.from({ length: count }, (_, index) => offerAt(index));
  return {
    minute: Float64Array.from(offers, (_, index) => (index * 1440) / count),
    value: Float64Array.from(offers, ([value]) => value),
    price: Float64Array.from(offers, ([, price]) => price),
  };
}

describe('pacing a log', () => {
  it('decides each opportunity by what came before it alone', () => {
    const log = drawLog(world, 1, 'causal');
    const budget = totalOf(log.price) * 0.2;
    for (const history of [undefined, drawLog(world, 2, 'causal')]) {
      const decide = (of: OpportunityLog) => playLog(of, budget, pacerOf(of.minute[0] as number, budget, history)).won;
      const whole = decide(log);
      for (const kept of [1, 500, 1500]) {
        const cut = {
          minute: log.minute.slice(0, kept),
          value: log.value.slice(0, kept),
          price: log.price.slice(0, kept),
        };
        assert.deepEqual(decide(cut), whole.slice(0, kept));
        const other = { ...log, value: log.value.map((own, index) => (index < kept ? own : 1)) };
        assert.deepEqual(decide(other).slice(0, kept), whole.slice(0, kept));
      }
    }
  });

  it('comes near the best, from a log of before and without one, wherever its minutes start', () => {
    const [log, history] = [drawLog(world, 3, 'near'), drawLog(world, 4, 'near')];
    const budget = totalOf(log.price) * 0.2;
    const later = { ...log, minute: log.minute.map((minute) => minute + 3 * 1440) };
    assert(valueOf(log, budget, history) > 0.97);
    assert.equal(valueOf(later, budget, history), valueOf(log, budget, history));
    assert(valueOf(log, budget) > 0.95);
    assert(valueOf({ ...log, minute: log.minute.map((minute) => minute + 600.5) }, budget) > 0.9);
  });

  const extremes: { name: string; log: OpportunityLog; budget: number; least: number }[] = [
    { name: 'without money', log: drawLog(world, 5, 'extreme'), budget: 0, least: 1 },
    { name: 'with money for all of it', log: drawLog(world, 5, 'extreme'), budget: 1e9, least: 1 },
    { name: 'where all are alike', log: logOf(1000, () => [2, 1]), budget: 100, least: 0.98 },
    { name: 'where nothing costs anything', log: logOf(1000, () => [1, 0]), budget: 10, least: 1 },
    { name: 'where nothing is worth anything', log: logOf(1000, () => [0, 1]), budget: 10, least: 1 },
    { name: 'of one opportunity', log: logOf(1, () => [1, 1]), budget: 1, least: 1 },
  ];
  for (const { name, log, budget, least } of extremes) {
    it(`makes the most of a log ${name}`, () => {
      assert(valueOf(log, budget) >= least, `${valueOf(log, budget)}`);
      assert(valueOf(log, budget, log) >= least, `${valueOf(log, budget, log)} warm`);
    });
  }
});

describe('a log from a file', () => {
  it('is read by the names of its columns, whatever else it has', () => {
    const log = parseLog('\uFEFFid,Price,"minute",value\r\na,1,0.5,2\r\n\r\nb,0,7,"3"\r\n', 'x.csv');
    assert.deepEqual(log, {
      minute: Float64Array.of(0.5, 7),
      value: Float64Array.of(2, 3),
      price: Float64Array.of(1, 0),
    });
  });

  const bad: [name: string, text: string, message: RegExp][] = [
    ['without a header', '1,2,3\n', /x\.csv, line 1: there is no column minute; the header must name/],
    ['without opportunities', 'minute,value,price\n', /x\.csv: has no opportunities/],
    ['that is empty', '', /line 1: there is no column minute/],
    ['with a word for a number', 'minute,value,price\n1,a,3\n', /line 2: value must be a number, not "a"/],
    ['with a cell missing', 'minute,value,price\n1,2\n', /line 2: price must be a number, not ""/],
    ['with a negative price', 'minute,value,price\n1,2,3\n1,2,-3\n', /line 3: price must be 0 or more, not -3/],
    [
      'that goes back in time',
      'minute,value,price\n2,2,3\n1,2,3\n',
      /line 3: minute goes back from 2 to 1; lines must be in time order/,
    ],
    ['with endless time', 'minute,value,price\nInfinity,2,3\n', /line 2: minute must be a number/],
  ];
  for (const [name, text, message] of bad) {
    it(`is refused ${name}, in one sentence`, () => {
      assert.throws(
        () => parseLog(text, 'x.csv'),
        (error: unknown) => error instanceof UsageError && message.test(error.message),
      );
    });
  }
});
