-- Sampled requests whose listener is known, with how many requests of the report each stands for: a report's sample is
-- drawn from all its requests, so each stands for the same number.
SELECT
  o.event_date,
  o.market,
  s.segment,
  s.surface,
  s.listener.visits,
  s.listener.active_days,
  s.listener.all_visits,
  s.listener.all_active_days,
  (SELECT SUM(c.opportunities) FROM UNNEST(o.opportunities) AS c)
    / (SELECT COUNT(r.listener.visits) FROM UNNEST(o.sample) AS r) AS requests
FROM `${project}.${dataset}.supply_observations_once` AS o, UNNEST(o.sample) AS s
WHERE s.listener.visits IS NOT NULL
