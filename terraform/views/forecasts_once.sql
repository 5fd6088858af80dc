-- Each row once, whatever was appended twice: the table is partitioned by event_date, so a filter on it prunes.
SELECT *
FROM `${project}.${dataset}.forecasts`
WHERE TRUE
QUALIFY ROW_NUMBER() OVER (PARTITION BY event_date, row_id ORDER BY ingested_at) = 1
