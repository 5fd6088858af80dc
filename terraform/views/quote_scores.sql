-- Every quote against what its campaign and each of its subcampaigns came to, once they have ended. Only where the quote was
-- about what then ran: the budget it names is the last one, and the owner neither paused nor stopped the campaign.
-- Spent in full is 99% of the budget: what is less than a click's price cannot be spent.
WITH ended AS (
  SELECT tenant_id, campaign_id, subcampaign_id, market, budget_micros, billed_micros, impressions, clicks, conversions
  FROM `${project}.${dataset}.outcomes_once`
  WHERE type = 'subcampaign-ended'
),
ended_campaigns AS (
  SELECT
    tenant_id,
    campaign_id,
    COUNT(*) AS subcampaigns,
    SUM(billed_micros) AS billed_micros,
    SUM(impressions) AS impressions,
    SUM(clicks) AS clicks,
    SUM(conversions) AS conversions
  FROM ended
  GROUP BY tenant_id, campaign_id
),
last_budgets AS (
  SELECT tenant_id, campaign_id, budget_micros
  FROM `${project}.${dataset}.outcomes_once`
  WHERE type IN ('campaign-accepted', 'budget-applied')
  QUALIFY ROW_NUMBER() OVER (PARTITION BY tenant_id, campaign_id ORDER BY split_version DESC) = 1
),
stopped AS (
  SELECT DISTINCT tenant_id, campaign_id
  FROM `${project}.${dataset}.outcomes_once`
  WHERE type = 'status-applied' AND requested_status != 'active'
),
quotes AS (
  SELECT q.*
  FROM `${project}.${dataset}.quotes_once` AS q
  LEFT JOIN stopped AS s ON s.tenant_id = q.tenant_id AND s.campaign_id = q.campaign_id
  WHERE s.campaign_id IS NULL
),
promises AS (
  SELECT
    q.event_date,
    q.tenant_id,
    q.campaign_id,
    CAST(NULL AS STRING) AS subcampaign_id,
    CAST(NULL AS STRING) AS market,
    q.quote_id,
    q.model_id,
    q.inputs_hash,
    q.issued_at,
    q.start_at,
    q.end_at,
    q.budget_micros,
    q.full_spend_ppm,
    q.impressions AS quoted_impressions,
    q.clicks AS quoted_clicks,
    q.conversions AS quoted_conversions,
    q.spend_micros AS quoted_spend_micros,
    e.billed_micros,
    e.impressions,
    e.clicks,
    e.conversions
  FROM quotes AS q
  JOIN ended_campaigns AS e ON e.tenant_id = q.tenant_id AND e.campaign_id = q.campaign_id
  JOIN last_budgets AS b ON b.tenant_id = q.tenant_id AND b.campaign_id = q.campaign_id
  WHERE e.subcampaigns = ARRAY_LENGTH(q.subcampaigns) AND b.budget_micros = q.budget_micros
  UNION ALL
  SELECT
    q.event_date,
    q.tenant_id,
    q.campaign_id,
    s.subcampaign_id,
    e.market,
    q.quote_id,
    q.model_id,
    q.inputs_hash,
    q.issued_at,
    q.start_at,
    q.end_at,
    s.budget_micros,
    s.full_spend_ppm,
    s.impressions AS quoted_impressions,
    s.clicks AS quoted_clicks,
    s.conversions AS quoted_conversions,
    s.spend_micros AS quoted_spend_micros,
    e.billed_micros,
    e.impressions,
    e.clicks,
    e.conversions
  FROM quotes AS q, UNNEST(q.subcampaigns) AS s
  JOIN ended AS e
    ON e.tenant_id = q.tenant_id AND e.campaign_id = q.campaign_id AND e.subcampaign_id = s.subcampaign_id
  WHERE e.budget_micros = s.budget_micros
)
SELECT
  event_date,
  tenant_id,
  campaign_id,
  subcampaign_id,
  market,
  quote_id,
  model_id,
  inputs_hash,
  issued_at,
  start_at,
  end_at,
  budget_micros,
  billed_micros,
  impressions,
  clicks,
  conversions,
  quoted_impressions,
  quoted_clicks,
  quoted_conversions,
  quoted_spend_micros,
  full_spend_ppm / 1000000 AS full_spend,
  billed_micros >= 0.99 * budget_micros AS is_spent_in_full,
  POW(full_spend_ppm / 1000000 - IF(billed_micros >= 0.99 * budget_micros, 1, 0), 2) AS brier,
  impressions BETWEEN quoted_impressions.low AND quoted_impressions.high AS is_impressions_inside,
  clicks BETWEEN quoted_clicks.low AND quoted_clicks.high AS is_clicks_inside,
  conversions BETWEEN quoted_conversions.low AND quoted_conversions.high AS is_conversions_inside,
  billed_micros BETWEEN quoted_spend_micros.low AND quoted_spend_micros.high AS is_spend_inside
FROM promises
