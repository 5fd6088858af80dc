// The DuckDB macros that give BigQuery's functions BigQuery's meaning. `sql/mend-functions.ts` renames calls to them.
// TIMESTAMP is DuckDB's TIMESTAMPTZ and DATETIME its TIMESTAMP; every connection runs in UTC.

/** Statements to run once on a new database. */
export const PRELUDE: readonly string[] = [
  macro('bq_divide', ['a, b', "CASE WHEN b = 0 THEN error('division by zero') ELSE a / b END"]),
  macro('bq_safe_divide', ['a, b', 'CASE WHEN b = 0 THEN NULL ELSE a / b END']),
  macro('bq_float', ['x', 'CAST(x AS DOUBLE)']),
  macro('bq_next', ['n', 'n + 1']),
  macro('bq_ieee_divide', ['a, b', 'CAST(a AS DOUBLE) / CAST(b AS DOUBLE)']),

  macro('bq_to_timestamp', ['x', 'CAST(x AS TIMESTAMPTZ)'], ['x, zone', 'CAST(x AS TIMESTAMP) AT TIME ZONE zone']),
  macro('bq_try_timestamp', ['x', 'TRY_CAST(x AS TIMESTAMPTZ)']),
  macro(
    'bq_datetime',
    ['x', 'CAST(x AS TIMESTAMP)'],
    ['x, zone', 'CAST(x AS TIMESTAMPTZ) AT TIME ZONE zone'],
    ['y, mo, d, h, mi, s', 'make_timestamp(y, mo, d, h, mi, CAST(s AS DOUBLE))'],
  ),
  macro(
    'bq_date',
    ['x', 'CAST(x AS DATE)'],
    ['x, zone', 'CAST(CAST(x AS TIMESTAMPTZ) AT TIME ZONE zone AS DATE)'],
    ['y, m, d', 'make_date(y, m, d)'],
  ),
  macro('bq_current_timestamp', ['', 'now()']),
  macro('bq_current_date', ['', 'CAST(now() AS DATE)'], ['zone', 'CAST(now() AT TIME ZONE zone AS DATE)']),
  macro('bq_current_datetime', ['', 'CAST(now() AS TIMESTAMP)'], ['zone', 'now() AT TIME ZONE zone']),
  macro('bq_to_string', ['x', 'CAST(x AS VARCHAR)']),
  macro('bq_try_string', ['x', 'TRY_CAST(x AS VARCHAR)']),
  macro('bq_to_numeric', ['x', 'CAST(x AS DECIMAL(38, 9))']),
  macro('bq_try_numeric', ['x', 'TRY_CAST(x AS DECIMAL(38, 9))']),
  macro('bq_to_bignumeric', ['x', 'CAST(x AS DECIMAL(38, 19))']),
  macro('bq_try_bignumeric', ['x', 'TRY_CAST(x AS DECIMAL(38, 19))']),
  macro('bq_timestamp_micros', ['x', 'CAST(make_timestamp(CAST(x AS BIGINT)) AS TIMESTAMPTZ)']),
  macro('bq_timestamp_millis', ['x', 'bq_timestamp_micros(CAST(x AS BIGINT) * 1000)']),
  macro('bq_timestamp_seconds', ['x', 'bq_timestamp_micros(CAST(x AS BIGINT) * 1000000)']),
  macro('bq_unix_micros', ['x', 'epoch_us(x)']),
  macro('bq_unix_millis', ['x', 'CAST(floor(epoch_us(x) / 1000) AS BIGINT)']),
  macro('bq_unix_seconds', ['x', 'CAST(floor(epoch_us(x) / 1000000) AS BIGINT)']),

  macro('bq_timestamp_add', ['x, i', 'CAST(x AS TIMESTAMPTZ) + i']),
  macro('bq_timestamp_sub', ['x, i', 'CAST(x AS TIMESTAMPTZ) - i']),
  macro('bq_datetime_add', ['x, i', 'CAST(x AS TIMESTAMP) + i']),
  macro('bq_datetime_sub', ['x, i', 'CAST(x AS TIMESTAMP) - i']),
  macro('bq_date_add', ['x, i', 'CAST(CAST(x AS DATE) + i AS DATE)']),
  macro('bq_date_sub', ['x, i', 'CAST(CAST(x AS DATE) - i AS DATE)']),

  // TIMESTAMP_DIFF counts whole intervals, DATE_DIFF and DATETIME_DIFF count boundaries.
  macro('bq_timestamp_diff', ['a, b, part', 'date_sub(part, CAST(b AS TIMESTAMPTZ), CAST(a AS TIMESTAMPTZ))']),
  macro('bq_datetime_diff', ['a, b, part', 'date_diff(part, CAST(b AS TIMESTAMP), CAST(a AS TIMESTAMP))']),
  macro('bq_date_diff', ['a, b, part', 'date_diff(part, CAST(b AS DATE), CAST(a AS DATE))']),
  macro('bq_date_diff_week', [
    'a, b, shift',
    "CAST((CAST(date_trunc('week', CAST(a AS DATE) + shift) AS DATE)" +
      " - CAST(date_trunc('week', CAST(b AS DATE) + shift) AS DATE)) / 7 AS BIGINT)",
  ]),

  macro(
    'bq_timestamp_trunc',
    ['x, part', 'date_trunc(part, CAST(x AS TIMESTAMPTZ))'],
    ['x, part, zone', 'date_trunc(part, CAST(x AS TIMESTAMPTZ) AT TIME ZONE zone) AT TIME ZONE zone'],
  ),
  macro('bq_datetime_trunc', ['x, part', 'date_trunc(part, CAST(x AS TIMESTAMP))']),
  macro('bq_date_trunc', ['x, part', 'CAST(date_trunc(part, CAST(x AS DATE)) AS DATE)']),
  truncateToWeek('bq_timestamp_trunc_week', 'TIMESTAMPTZ'),
  truncateToWeek('bq_datetime_trunc_week', 'TIMESTAMP'),
  truncateToWeek('bq_date_trunc_week', 'DATE'),
  macro('bq_extract_date', ['x', 'CAST(x AS DATE)']),
  macro('bq_extract_time', ['x', 'CAST(CAST(x AS TIMESTAMP) AS TIME)']),
  macro('bq_extract_datetime', ['x', 'CAST(x AS TIMESTAMP)']),
  macro('bq_extract_dayofweek', ['x', "date_part('dow', x) + 1"]),
  macro('bq_extract_week', ['x', "CAST(strftime(CAST(x AS DATE), '%U') AS BIGINT)"]),
  macro('bq_extract_isoweek', ['x', "date_part('week', x)"]),
  macro('bq_extract_millisecond', ['x', "date_part('millisecond', x) % 1000"]),
  macro('bq_extract_microsecond', ['x', "date_part('microsecond', x) % 1000000"]),

  macro(
    'bq_format_time',
    ['f, x', 'strftime(CAST(x AS TIMESTAMP), f)'],
    ['f, x, zone', 'strftime(CAST(x AS TIMESTAMPTZ) AT TIME ZONE zone, f)'],
  ),
  macro(
    'bq_parse_timestamp',
    ['f, x', "strptime(x, f) AT TIME ZONE 'UTC'"],
    ['f, x, zone', 'strptime(x, f) AT TIME ZONE zone'],
  ),
  macro('bq_parse_datetime', ['f, x', 'CAST(strptime(x, f) AS TIMESTAMP)']),
  macro('bq_parse_date', ['f, x', 'CAST(strptime(x, f) AS DATE)']),

  macro('bq_generate_timestamp_array', [
    'a, b, i',
    'generate_series(CAST(a AS TIMESTAMPTZ), CAST(b AS TIMESTAMPTZ), i)',
  ]),
  macro(
    'bq_generate_date_array',
    ['a, b', 'CAST(generate_series(CAST(a AS DATE), CAST(b AS DATE), INTERVAL 1 DAY) AS DATE[])'],
    ['a, b, i', 'CAST(generate_series(CAST(a AS DATE), CAST(b AS DATE), i) AS DATE[])'],
  ),
  macro('bq_unnest', ['x', 'unnest(x)']),
  macro('bq_offsets', ['x', 'unnest(range(len(x)))']),
  macro('bq_element', ['a, i', 'list_extract(a, i)']),
  macro('bq_head', ['a, n', 'list_slice(a, 1, n)']),
  macro('bq_quantiles', ['x, fractions', 'quantile_disc(x, fractions)']),

  macro('bq_json_value', ['j, p', jsonScalar('p')], ['j', jsonScalar("'$'")]),
  macro('bq_json_query', ['j, p', 'json_extract(j, p)'], ['j', "json_extract(j, '$')"]),
  macro(
    'bq_json_query_array',
    ['j, p', 'CAST(json_extract(j, p) AS JSON[])'],
    ['j', 'CAST(CAST(j AS JSON) AS JSON[])'],
  ),
  macro(
    'bq_json_value_array',
    ['j, p', 'CAST(json_extract(j, p) AS VARCHAR[])'],
    ['j', 'CAST(CAST(j AS JSON) AS VARCHAR[])'],
  ),
  macro('bq_to_json', ['x', 'to_json(x)']),

  macro('bq_regexp_contains', ['x, r', 'regexp_matches(x, r)']),
  macro('bq_regexp_extract', ['x, r, g', 'CASE WHEN regexp_matches(x, r) THEN regexp_extract(x, r, g) END']),
  macro('bq_regexp_replace', ['x, r, y', "regexp_replace(x, r, y, 'g')"]),
];

function jsonScalar(path: string): string {
  return `CASE WHEN json_type(j, ${path}) IN ('OBJECT', 'ARRAY') THEN NULL ELSE json_extract_string(j, ${path}) END`;
}

// DuckDB's week starts on Monday; `shift` is how many days later than the wanted first day that is.
function truncateToWeek(name: string, type: string): string {
  return macro(name, [
    'x, shift',
    `CAST(date_trunc('week', CAST(x AS ${type}) + to_days(shift)) - to_days(shift) AS ${type})`,
  ]);
}

function macro(name: string, ...overloads: string[][]): string {
  return `CREATE MACRO ${name}${overloads.map(([parameters, body]) => `(${parameters}) AS ${body}`).join(', ')}`;
}
