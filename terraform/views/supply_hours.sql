-- Opportunities by cell and hour: closed days from their table, later ones added up anew. A late report is under its own
-- event_date, so several rows can be of one hour: add them up.
SELECT event_date, market, segment, surface, hour_at, opportunities, reports
FROM `${project}.${dataset}.supply_hours_closed`
UNION ALL
SELECT event_date, market, segment, surface, hour_at, opportunities, reports
FROM `${project}.${dataset}.observed_hours`
WHERE event_date > (
  SELECT COALESCE(MAX(event_date), DATE '1970-01-01') FROM `${project}.${dataset}.supply_hours_closed`
)
