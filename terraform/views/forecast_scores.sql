-- Every total of every supply forecast against what came, once its period is in closed days and at least 95% of its hours
-- were reported. What came before an instant is a running sum, so that a forecast is compared with two rows and not with
-- every hour of its period.
WITH totals AS (
  SELECT
    f.event_date,
    f.row_id,
    f.market,
    f.forecast_id,
    f.model_id,
    f.inputs_hash,
    f.issued_at,
    f.from_at,
    TIMESTAMP_ADD(f.from_at, INTERVAL t.days DAY) AS ended_at,
    t.segment,
    t.surface,
    t.days,
    t.q10,
    t.q50,
    t.q90
  FROM `${project}.${dataset}.forecasts_once` AS f, UNNEST(f.totals) AS t
  WHERE f.type = 'supply-forecast'
),
ended AS (
  SELECT *
  FROM totals
  WHERE ended_at <= (
    SELECT TIMESTAMP(DATE_ADD(MAX(event_date), INTERVAL 1 DAY)) FROM `${project}.${dataset}.supply_hours_closed`
  )
),
hours AS (
  SELECT market, segment, surface, hour_at, SUM(opportunities) AS opportunities
  FROM `${project}.${dataset}.supply_hours_closed`
  GROUP BY market, segment, surface, hour_at
  UNION ALL
  SELECT market, '' AS segment, '' AS surface, hour_at, SUM(opportunities) AS opportunities
  FROM `${project}.${dataset}.supply_hours_closed`
  GROUP BY market, hour_at
),
instants AS (
  SELECT market, COALESCE(segment, '') AS segment, COALESCE(surface, '') AS surface, from_at AS instant FROM ended
  UNION DISTINCT
  SELECT market, COALESCE(segment, '') AS segment, COALESCE(surface, '') AS surface, ended_at AS instant FROM ended
  UNION DISTINCT
  SELECT market, '' AS segment, '' AS surface, from_at AS instant FROM ended
  UNION DISTINCT
  SELECT market, '' AS segment, '' AS surface, ended_at AS instant FROM ended
),
timeline AS (
  SELECT market, segment, surface, hour_at AS instant, 1 AS is_hour, opportunities FROM hours
  UNION ALL
  SELECT market, segment, surface, instant, 0 AS is_hour, 0 AS opportunities FROM instants
),
running AS (
  SELECT
    market,
    segment,
    surface,
    instant,
    is_hour,
    SUM(opportunities) OVER passed AS opportunities,
    SUM(is_hour) OVER passed AS hours
  FROM timeline
  WINDOW passed AS (
    PARTITION BY market, segment, surface ORDER BY instant, is_hour ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
  )
),
before_instants AS (
  SELECT market, segment, surface, instant, opportunities, hours FROM running WHERE is_hour = 0
),
observed AS (
  SELECT
    e.*,
    own_end.opportunities - own_start.opportunities AS actual,
    (market_end.hours - market_start.hours) / (e.days * 24) AS observed_share
  FROM ended AS e
  JOIN before_instants AS own_start
    ON own_start.market = e.market AND own_start.segment = COALESCE(e.segment, '')
    AND own_start.surface = COALESCE(e.surface, '') AND own_start.instant = e.from_at
  JOIN before_instants AS own_end
    ON own_end.market = e.market AND own_end.segment = COALESCE(e.segment, '')
    AND own_end.surface = COALESCE(e.surface, '') AND own_end.instant = e.ended_at
  JOIN before_instants AS market_start
    ON market_start.market = e.market AND market_start.segment = '' AND market_start.surface = ''
    AND market_start.instant = e.from_at
  JOIN before_instants AS market_end
    ON market_end.market = e.market AND market_end.segment = '' AND market_end.surface = ''
    AND market_end.instant = e.ended_at
)
SELECT
  event_date,
  market,
  forecast_id,
  model_id,
  inputs_hash,
  issued_at,
  from_at,
  ended_at,
  segment,
  surface,
  days,
  q10,
  q50,
  q90,
  actual,
  observed_share,
  LN(GREATEST(actual, 1) / GREATEST(q50, 1)) AS log_error,
  actual BETWEEN q10 AND q90 AS is_inside,
  (
    IF(actual < q10, 0.9 * (q10 - actual), 0.1 * (actual - q10))
    + 0.5 * ABS(actual - q50)
    + IF(actual < q90, 0.1 * (q90 - actual), 0.9 * (actual - q90))
  ) / 3 AS pinball
FROM observed
WHERE observed_share >= 0.95
