-- What each report says of impressions and of the clicks and conversions that arrived in its window, by the hour of the
-- impressions. Floating, so that a sum cannot overflow.
SELECT
  o.event_date,
  o.event_at,
  o.market,
  o.window_end_at,
  r.segment,
  r.surface,
  r.format,
  r.hour_at,
  CAST(r.impressions AS FLOAT64) AS impressions,
  CAST(r.clicks AS FLOAT64) AS clicks,
  CAST(r.conversions AS FLOAT64) AS conversions
FROM `${project}.${dataset}.supply_observations_once` AS o, UNNEST(o.responses) AS r
