-- Probabilities of full spend in ten bins: what was forecast on average, and how often it came so.
SELECT
  market,
  model_id,
  bin,
  COUNT(*) AS n,
  AVG(probability) AS forecast,
  AVG(happened) AS observed
FROM (
  SELECT market, model_id, probability, happened, CAST(LEAST(FLOOR(probability * 10), 9) AS INT64) AS bin
  FROM `${project}.${dataset}.scores`
  WHERE kind = 'full-spend'
)
GROUP BY market, model_id, bin
