// The Ad Context Protocol's own schema of delivery forecasts, where its files are beside the project.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';

const SCHEMAS = resolve(import.meta.dirname, '../../../shared/adcp');

/** @returns undefined where its schemas are not there */
export function protocolValidator(): ValidateFunction | undefined {
  if (!existsSync(SCHEMAS)) return undefined;
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addFormat('date-time', /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/);
  for (const name of ['date', 'uri', 'uri-reference', 'email', 'hostname']) ajv.addFormat(name, true);
  for (const file of readdirSync(SCHEMAS, { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.json')) continue;
    ajv.addSchema({ ...(JSON.parse(readFileSync(join(SCHEMAS, file), 'utf8')) as object), $id: `/schemas/${file}` });
  }
  return ajv.getSchema('/schemas/core/delivery-forecast.json') as ValidateFunction | undefined;
}
