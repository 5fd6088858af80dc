-- How the reports of each UTC day came in. A window of a group that two reports count is counted twice in supply_hours.
SELECT
  market,
  DATE(hour_at) AS day,
  COUNT(DISTINCT row_id) AS reports,
  COUNT(DISTINCT `group`) AS ad_server_groups,
  COUNT(DISTINCT hour_at) AS hours,
  COUNT(DISTINCT IF(has_opportunities, row_id, NULL))
    - COUNT(DISTINCT IF(has_opportunities, window_key, NULL)) AS repeated_windows,
  MAX(window_end_at) AS last_window_end_at
FROM `${project}.${dataset}.observed_windows`
GROUP BY market, DATE(hour_at)
