-- Every day: what supply_hours shows of complete days becomes rows of supply_hours_closed, so that forecasts read hours and
-- not reports. The last four days are closed again with what came late; days that no run closed are caught up. Running it
-- twice is running it once.
DECLARE first_day DATE DEFAULT (
  SELECT LEAST(
    DATE_SUB(DATE(@run_time), INTERVAL 4 DAY),
    COALESCE(DATE_ADD(MAX(event_date), INTERVAL 1 DAY), DATE '1970-01-01')
  )
  FROM `${project}.${dataset}.supply_hours_closed`
);

MERGE `${project}.${dataset}.supply_hours_closed` AS closed
USING (
  SELECT event_date, market, segment, surface, hour_at, opportunities, reports
  FROM `${project}.${dataset}.observed_hours`
  WHERE event_date >= first_day AND event_date < DATE(@run_time)
) AS observed
ON closed.event_date >= first_day
  AND closed.event_date = observed.event_date
  AND closed.market = observed.market
  AND closed.segment = observed.segment
  AND closed.surface = observed.surface
  AND closed.hour_at = observed.hour_at
WHEN MATCHED THEN
  UPDATE SET opportunities = observed.opportunities, reports = observed.reports
WHEN NOT MATCHED THEN
  INSERT (event_date, market, segment, surface, hour_at, opportunities, reports)
  VALUES (
    observed.event_date,
    observed.market,
    observed.segment,
    observed.surface,
    observed.hour_at,
    observed.opportunities,
    observed.reports
  );
