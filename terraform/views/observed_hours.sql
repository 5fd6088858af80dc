-- Opportunities by cell and hour as reports counted them, by the day the reports came in. A window over several hours is
-- divided by time, in whole opportunities; one of more than a day says nothing about hours and is left out.
SELECT
  w.event_date,
  w.market,
  c.segment,
  c.surface,
  hour_at,
  SUM(
    FLOOR(c.opportunities * (LEAST(TIMESTAMP_DIFF(hour_at, w.window_start_at, MILLISECOND) + 3600000, w.window_ms) / w.window_ms))
    - FLOOR(c.opportunities * (GREATEST(TIMESTAMP_DIFF(hour_at, w.window_start_at, MILLISECOND), 0) / w.window_ms))
  ) AS opportunities,
  COUNT(DISTINCT w.row_id) AS reports
FROM (
  SELECT
    event_date,
    row_id,
    market,
    opportunities,
    window_start_at,
    window_end_at,
    TIMESTAMP_DIFF(window_end_at, window_start_at, MILLISECOND) AS window_ms
  FROM `${project}.${dataset}.supply_observations_once`
  WHERE TIMESTAMP_DIFF(window_end_at, window_start_at, MILLISECOND) BETWEEN 1 AND 86400000
) AS w,
  UNNEST(GENERATE_TIMESTAMP_ARRAY(
    TIMESTAMP_TRUNC(w.window_start_at, HOUR),
    LEAST(TIMESTAMP_SUB(w.window_end_at, INTERVAL 1 MILLISECOND), TIMESTAMP_ADD(w.window_start_at, INTERVAL 1 DAY)),
    INTERVAL 1 HOUR
  )) AS hour_at,
  UNNEST(w.opportunities) AS c
GROUP BY w.event_date, w.market, c.segment, c.surface, hour_at
