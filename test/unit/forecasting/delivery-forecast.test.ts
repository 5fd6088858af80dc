import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { deliveryForecast, type ForecastTerms } from '../../../shared/forecasting/delivery-forecast.ts';
import { deliveryCurve } from '../../../shared/forecasting/spend-delivery.ts';

const schemas = resolve(import.meta.dirname, '../../../../shared/adcp');

const terms: ForecastTerms = {
  currency: 'SEK',
  generatedAtMs: Date.UTC(2026, 0, 1),
  validUntilAtMs: Date.UTC(2026, 0, 2),
  suggestedMaximumMicros: 123_500_000,
  modelId: 'series-1',
  inputsHash: 'a'.repeat(64),
};
const supply = [{ weight: 1, median: 20_000, sigma: 0.25 }];
const delivery = {
  supply,
  rate: { alpha: 60, beta: 2940 },
  clickPriceMicros: 500_000,
  conversion: { alpha: 30, beta: 270 },
};
const budgets = [300_000_000, 0, 100_000_000, 50_000_001, 100_000_000];
const curve = deliveryCurve({ ...delivery, reachAt: (impressions) => 0.8 * impressions }, budgets);

/** The protocol's own validator, from its schemas. */
async function createValidator(): Promise<ValidateFunction> {
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addFormat('date-time', /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/);
  for (const name of ['date', 'uri', 'uri-reference', 'email', 'hostname']) ajv.addFormat(name, true);
  const files = (await readdir(schemas, { recursive: true })).filter((name) => name.endsWith('.json'));
  for (const file of files) {
    const schema = JSON.parse(await readFile(join(schemas, file), 'utf8')) as object;
    ajv.addSchema({ ...schema, $id: `/schemas/${file}` });
  }
  const validate = ajv.getSchema('/schemas/core/delivery-forecast.json');
  assert(validate);
  return validate as ValidateFunction;
}

describe('the delivery forecast', () => {
  it('validates against the schemas of the Ad Context Protocol, and a broken one does not', async () => {
    if (!existsSync(schemas)) {
      console.log(`      nothing was validated: there are no schemas in ${schemas}`);
      return;
    }
    const validate = await createValidator();
    for (const points of [curve, deliveryCurve(delivery, [0])]) {
      assert(validate(JSON.parse(JSON.stringify(deliveryForecast(points, terms)))), JSON.stringify(validate.errors));
    }
    const broken = deliveryForecast(curve, terms);
    for (const change of [{ points: [] }, { method: 'guess' }, { currency: undefined }, { valid_until: 'tomorrow' }]) {
      assert(!validate(JSON.parse(JSON.stringify({ ...broken, ...change }))), JSON.stringify(change));
    }
  });

  it('has a point for each budget, rising, in units of the currency', () => {
    const forecast = deliveryForecast(curve, terms);
    assert.deepEqual(
      forecast.points.map(({ budget }) => budget),
      [0, 50.000001, 100, 300],
    );
    assert.equal(forecast.ext.andante.suggested_maximum_budget, 123.5);
    assert.equal(forecast.generated_at, '2026-01-01T00:00:00.000Z');
    for (const { budget, metrics, ext } of forecast.points) {
      assert(metrics.spend.high <= budget);
      assert(ext.andante.full_spend_probability >= 0 && ext.andante.full_spend_probability <= 1);
      for (const { low, mid, high } of Object.values(metrics)) assert(low >= 0 && low <= mid && mid <= high);
      for (const name of ['impressions', 'clicks', 'conversions', 'reach'] as const) {
        assert(Number.isInteger(metrics[name]?.mid), name);
      }
    }
  });

  it('names the unit of reach only where there is reach', () => {
    assert.equal(deliveryForecast(curve, terms).reach_unit, 'accounts');
    assert(!('reach_unit' in deliveryForecast(deliveryCurve(delivery, [1e8]), terms)));
  });

  const refused: { name: string; own: Partial<ForecastTerms>; points?: typeof curve; message: RegExp }[] = [
    { name: 'no budget', own: {}, points: [], message: /needs a budget/ },
    { name: 'a currency that is none', own: { currency: 'kronor' }, message: /three capital letters, not kronor/ },
    { name: 'an instant that is none', own: { validUntilAtMs: NaN }, message: /NaN is no instant/ },
    { name: 'an instant past all calendars', own: { generatedAtMs: 1e300 }, message: /1e\+300 is no instant/ },
  ];
  for (const { name, own, points = curve, message } of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => deliveryForecast(points, { ...terms, ...own }), { code: 'INVALID_QUOTE', message });
    });
  }
});
