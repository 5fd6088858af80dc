// Query parameters of a request as DuckDB expressions over bound values. Everything is bound as text and cast, so
// INT64 and NUMERIC never pass through a JavaScript number; arrays and structs are bound as JSON.
import { ApiError } from './api-error.ts';
import type { BoundValues } from './database.ts';
import { duckdbType, fieldTypeNamed, fromJsonValue, jsonStructure } from './field-schema.ts';
import type { FieldSchema } from './field-schema.ts';
import { quoteString } from './database.ts';

/** `queryParameters` of a request, ready to be used in translated SQL. */
export interface QueryParameters {
  named(name: string): BoundParameter;
  positional(index: number): BoundParameter;
}

/** A DuckDB expression and what has to be bound for it. */
export interface BoundParameter {
  sql: string;
  values: BoundValues;
}

interface ParameterType {
  type?: string;
  arrayType?: ParameterType;
  structTypes?: { name?: string; type?: ParameterType }[];
}

interface ParameterValue {
  value?: unknown;
  arrayValues?: ParameterValue[];
  structValues?: Record<string, ParameterValue>;
}

interface QueryParameter {
  name?: string;
  parameterType?: ParameterType;
  parameterValue?: ParameterValue;
}

/** Reads the request's parameters; throws `invalid`, and `invalidQuery` when the query uses one that is not there. */
export function parseQueryParameters(parameters: unknown): QueryParameters {
  const bound = new Map<string, BoundParameter>();
  const list = Array.isArray(parameters) ? (parameters as (QueryParameter | null)[]) : [];
  list.forEach((given, index) => {
    const parameter: QueryParameter = typeof given === 'object' && given !== null ? given : {};
    const field = fieldOfType('parameter', parameter.parameterType ?? {});
    const placeholder = `parameter_${index}`;
    bound.set(String(parameter.name ?? index).toLowerCase(), {
      sql: expressionOf(field, `$${placeholder}`),
      values: { [placeholder]: boundText(field, parameter.parameterValue ?? {}) },
    });
  });

  return {
    named(name) {
      const parameter = bound.get(name.toLowerCase());
      if (parameter === undefined) throw new ApiError('invalidQuery', `Query parameter '${name}' not found`, 'query');
      return parameter;
    },
    positional(index) {
      const parameter = bound.get(String(index));
      if (parameter === undefined) {
        throw new ApiError(
          'invalidQuery',
          `Query parameter number ${index + 1} is not defined (${list.length} provided)`,
          'query',
        );
      }
      return parameter;
    },
  };
}

function fieldOfType(name: string, { type, arrayType, structTypes }: ParameterType): FieldSchema {
  if (type === 'ARRAY') return { ...fieldOfType(name, arrayType ?? {}), mode: 'REPEATED' };
  const fieldType = fieldTypeNamed(type ?? '');
  if (!fieldType) throw new ApiError('invalid', `Invalid value for query parameter type: ${String(type)}`);
  if (fieldType !== 'RECORD') return { name, type: fieldType, mode: 'NULLABLE' };
  const fields = (structTypes ?? []).map((entry, index) =>
    fieldOfType(entry.name ?? `_field_${index + 1}`, entry.type ?? {}),
  );
  return { name, type: 'RECORD', mode: 'NULLABLE', fields };
}

function expressionOf(field: FieldSchema, placeholder: string): string {
  if (field.mode !== 'REPEATED' && field.type === 'BYTES') return `from_base64(${placeholder})`;
  if (field.mode !== 'REPEATED' && field.type !== 'RECORD') return `CAST(${placeholder} AS ${duckdbType(field)})`;
  const structure = JSON.stringify(jsonStructure([field])[field.name]);
  return fromJsonValue(field, `from_json(CAST(${placeholder} AS JSON), ${quoteString(structure)})`);
}

function boundText(field: FieldSchema, value: ParameterValue): string | null {
  const plain = plainValue(field, value);
  return plain === null || typeof plain === 'string' ? plain : JSON.stringify(plain);
}

type PlainValue = null | string | PlainValue[] | { [name: string]: PlainValue };

function plainValue(field: FieldSchema, value: ParameterValue): PlainValue {
  if (field.mode === 'REPEATED') {
    return (value.arrayValues ?? []).map((item) => plainValue({ ...field, mode: 'NULLABLE' }, item));
  }
  if (field.type === 'RECORD') {
    const { structValues } = value;
    if (!structValues) return null;
    return Object.fromEntries(
      (field.fields ?? []).map((child) => [child.name, plainValue(child, structValues[child.name] ?? {})]),
    );
  }
  const { value: scalar } = value;
  if (scalar === undefined || scalar === null) return null;
  return typeof scalar === 'string' ? scalar : JSON.stringify(scalar);
}
