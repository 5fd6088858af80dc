-- The hours that each report's window covers, one row per report and hour. A window of more than a day covers none.
SELECT
  o.event_date,
  o.event_at,
  o.row_id,
  o.market,
  o.`group`,
  o.window_end_at,
  CONCAT(o.`group`, ' ', CAST(UNIX_MILLIS(o.window_start_at) AS STRING), ' ', CAST(UNIX_MILLIS(o.window_end_at) AS STRING))
    AS window_key,
  hour_at,
  ARRAY_LENGTH(o.opportunities) > 0 AS has_opportunities
FROM `${project}.${dataset}.supply_observations_once` AS o,
  UNNEST(GENERATE_TIMESTAMP_ARRAY(
    TIMESTAMP_TRUNC(o.window_start_at, HOUR),
    LEAST(TIMESTAMP_SUB(o.window_end_at, INTERVAL 1 MILLISECOND), TIMESTAMP_ADD(o.window_start_at, INTERVAL 1 DAY)),
    INTERVAL 1 HOUR
  )) AS hour_at
WHERE TIMESTAMP_DIFF(o.window_end_at, o.window_start_at, MILLISECOND) BETWEEN 1 AND 86400000
