-- All scores in one form, by what was forecast: an interval with the logarithm of what came over its middle, or a
-- probability with whether it came so. A whole campaign's have no market.
SELECT
  event_date,
  CONCAT(IF(segment IS NULL AND surface IS NULL, 'market-supply-', 'cell-supply-'), CAST(days AS STRING), 'd') AS kind,
  market,
  model_id,
  log_error,
  is_inside,
  CAST(NULL AS FLOAT64) AS probability,
  CAST(NULL AS INT64) AS happened
FROM `${project}.${dataset}.forecast_scores`
UNION ALL
SELECT
  event_date,
  'full-spend' AS kind,
  COALESCE(market, '') AS market,
  model_id,
  CAST(NULL AS FLOAT64) AS log_error,
  CAST(NULL AS BOOL) AS is_inside,
  full_spend AS probability,
  IF(is_spent_in_full, 1, 0) AS happened
FROM `${project}.${dataset}.quote_scores`
UNION ALL
SELECT
  event_date,
  'impressions' AS kind,
  COALESCE(market, '') AS market,
  model_id,
  LN(GREATEST(impressions, 1) / GREATEST(quoted_impressions.mid, 1)) AS log_error,
  is_impressions_inside AS is_inside,
  CAST(NULL AS FLOAT64) AS probability,
  CAST(NULL AS INT64) AS happened
FROM `${project}.${dataset}.quote_scores`
UNION ALL
SELECT
  event_date,
  'clicks' AS kind,
  COALESCE(market, '') AS market,
  model_id,
  LN(GREATEST(clicks, 1) / GREATEST(quoted_clicks.mid, 1)) AS log_error,
  is_clicks_inside AS is_inside,
  CAST(NULL AS FLOAT64) AS probability,
  CAST(NULL AS INT64) AS happened
FROM `${project}.${dataset}.quote_scores`
UNION ALL
SELECT
  event_date,
  'conversions' AS kind,
  COALESCE(market, '') AS market,
  model_id,
  LN(GREATEST(conversions, 1) / GREATEST(quoted_conversions.mid, 1)) AS log_error,
  is_conversions_inside AS is_inside,
  CAST(NULL AS FLOAT64) AS probability,
  CAST(NULL AS INT64) AS happened
FROM `${project}.${dataset}.quote_scores`
UNION ALL
SELECT
  event_date,
  'spend' AS kind,
  COALESCE(market, '') AS market,
  model_id,
  LN(GREATEST(billed_micros, 1) / GREATEST(quoted_spend_micros.mid, 1)) AS log_error,
  is_spend_inside AS is_inside,
  CAST(NULL AS FLOAT64) AS probability,
  CAST(NULL AS INT64) AS happened
FROM `${project}.${dataset}.quote_scores`
