-- How well forecasts and quotes turned out, by what was forecast, market and model: bias is the mean logarithm of what came
-- over what was said, coverage the share inside the interval (80% is meant), brier and ece those of the probability.
WITH errors AS (
  SELECT market, model_id, SUM(n * ABS(forecast - observed)) / SUM(n) AS ece
  FROM `${project}.${dataset}.reliability`
  GROUP BY market, model_id
)
SELECT
  s.kind,
  s.market,
  s.model_id,
  COUNT(*) AS n,
  AVG(s.log_error) AS bias,
  AVG(IF(s.is_inside, 1, IF(s.is_inside IS NULL, NULL, 0))) AS coverage,
  AVG(POW(s.probability - s.happened, 2)) AS brier,
  MAX(IF(s.kind = 'full-spend', e.ece, NULL)) AS ece,
  MIN(s.event_date) AS first_day,
  MAX(s.event_date) AS last_day
FROM `${project}.${dataset}.scores` AS s
LEFT JOIN errors AS e ON e.market = s.market AND e.model_id = s.model_id
GROUP BY s.kind, s.market, s.model_id
