// One insertAll row against a table's schema: BigQuery's verdict with its location and message, or the row ready to
// be stored. Field names match without regard to case.
import type { ErrorProto } from './api-error.ts';
import type { FieldSchema } from './field-schema.ts';
import { checkValue } from './row-values.ts';

/** A validated row, all its columns present, or what is wrong with it (at least one entry). */
export type ValidatedRow = { row: Record<string, unknown>; errors?: undefined } | { errors: ErrorProto[] };

/** Validates rows of one table; made once per request because it prepares its look-ups. */
export function createRowValidator(fields: FieldSchema[], options: { ignoreUnknownValues: boolean }) {
  const validate = createRecordValidator(fields, options.ignoreUnknownValues);
  return (json: unknown): ValidatedRow => {
    const errors: ErrorProto[] = [];
    if (!isRecord(json)) return { errors: [invalid('', 'Row must be a JSON object.')] };
    const row = validate(json, '', errors);
    return errors.length > 0 ? { errors } : { row };
  };
}

type RecordValidator = (json: Record<string, unknown>, path: string, errors: ErrorProto[]) => Record<string, unknown>;
type FieldValidator = (value: unknown, path: string, errors: ErrorProto[]) => unknown;

function createRecordValidator(fields: FieldSchema[], ignoreUnknown: boolean): RecordValidator {
  const validators = fields.map((field) => ({ field, validate: createFieldValidator(field, ignoreUnknown) }));
  const byName = new Map(validators.map((entry) => [entry.field.name.toLowerCase(), entry]));

  return (json, path, errors) => {
    const given = new Map<string, unknown>();
    for (const [key, value] of Object.entries(json)) {
      const entry = byName.get(key.toLowerCase());
      if (entry) given.set(entry.field.name, value);
      else if (!ignoreUnknown) errors.push(invalid(path + key, `no such field: ${path}${key}.`));
    }
    const record: Record<string, unknown> = {};
    for (const { field, validate } of validators) {
      record[field.name] = validate(given.get(field.name), path + field.name, errors);
    }
    return record;
  };
}

function createFieldValidator(field: FieldSchema, ignoreUnknown: boolean): FieldValidator {
  const validateOne = createSingleValidator(field, ignoreUnknown);
  if (field.mode === 'REPEATED') {
    return (value, path, errors) => {
      if (value === undefined || value === null) return [];
      if (!Array.isArray(value))
        return refuse(errors, path, `Repeated field must be imported as a JSON array. Field: ${field.name}.`);
      return value.map((item: unknown, index) => {
        if (item !== null && item !== undefined) return validateOne(item, `${path}[${index}]`, errors);
        return refuse(
          errors,
          `${path}[${index}]`,
          `Only optional fields can be set to NULL. Field: ${field.name}; Value: NULL`,
        );
      });
    };
  }
  return (value, path, errors) => {
    if (Array.isArray(value) && field.type !== 'JSON')
      return refuse(errors, path, `Array specified for non-repeated field: ${path}.`);
    if (value !== undefined && value !== null) return validateOne(value, path, errors);
    return field.mode === 'REQUIRED' ? refuse(errors, path, `Missing required field: ${path}.`) : null;
  };
}

function createSingleValidator(field: FieldSchema, ignoreUnknown: boolean): FieldValidator {
  const { type } = field;
  if (type === 'RECORD') {
    const validate = createRecordValidator(field.fields ?? [], ignoreUnknown);
    return (value, path, errors) =>
      isRecord(value)
        ? validate(value, `${path}.`, errors)
        : refuse(errors, path, `This field: ${field.name} is not a record.`);
  }
  const scalar = { ...field, type };
  return (value, path, errors) => {
    const checked = checkValue(value, scalar);
    return 'message' in checked ? refuse(errors, path, checked.message) : checked.value;
  };
}

function refuse(errors: ErrorProto[], location: string, message: string): null {
  errors.push(invalid(location, message));
  return null;
}

function invalid(location: string, message: string): ErrorProto {
  return { reason: 'invalid', location, message };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
