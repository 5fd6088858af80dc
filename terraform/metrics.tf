# Metrics of what functions log: one line an event, so one count an event. Labels are functions, markets and outcomes, of
# which there are few; never tenants or campaigns. The fields are those of shared/contracts/log-line.ts.

locals {
  handled = "resource.type=\"cloud_run_revision\" AND jsonPayload.message=\"handled\""

  # Bounds of distributions: the first, what each is times the one before, how many.
  buckets = {
    milliseconds = { scale = 1, growth_factor = 1.4, num_finite_buckets = 48 }
    ages         = { scale = 1000, growth_factor = 1.5, num_finite_buckets = 50 }
    counts       = { scale = 1, growth_factor = 2, num_finite_buckets = 32 }
    micros       = { scale = 1, growth_factor = 2, num_finite_buckets = 53 }
  }

  # `value` is the field that a distribution is of; without it, lines are counted.
  metrics = {
    events = {
      description = "Pub/Sub messages handled, by what came of them."
      filter      = local.handled
      labels      = ["function", "outcome"]
    }
    event_latency = {
      description = "Milliseconds from the push of a message to its end."
      filter      = local.handled
      labels      = ["function"]
      value       = "ms"
      unit        = "ms"
      buckets     = "milliseconds"
    }
    ticks = {
      description = "Ticks that were not in vain, by market; the market of the one that is for all of them is empty."
      filter      = "${local.handled} AND jsonPayload.function=\"delivery-tick\" AND NOT jsonPayload.outcome=(\"quarantined\" OR \"retried\" OR \"failed\")"
      labels      = ["market"]
    }
    tick_lag = {
      description = "Milliseconds from the instant that a market was brought up to until it was."
      filter      = "${local.handled} AND jsonPayload.function=\"delivery-tick\" AND jsonPayload.lagMs:*"
      labels      = ["market"]
      value       = "lagMs"
      unit        = "ms"
      buckets     = "milliseconds"
    }
    overrun_micros = {
      description = "Charges above what was granted, in micros, as ticks find them: recorded, never billed above a budget."
      filter      = "${local.handled} AND jsonPayload.overrunMicros>0"
      labels      = ["market"]
      value       = "overrunMicros"
      unit        = "1"
      buckets     = "micros"
    }
    drain_age = {
      description = "Age in milliseconds of the oldest ledger entry whose rows are not in BigQuery, 0 without any."
      filter      = "${local.handled} AND jsonPayload.function=\"outcome-drain\" AND jsonPayload.oldestMs:*"
      labels      = []
      value       = "oldestMs"
      unit        = "ms"
      buckets     = "ages"
    }
    drain_undrained = {
      description = "Ledger entries that a drain left behind."
      filter      = "${local.handled} AND jsonPayload.function=\"outcome-drain\" AND jsonPayload.undrained:*"
      labels      = []
      value       = "undrained"
      unit        = "1"
      buckets     = "counts"
    }
    refresh_age = {
      description = "Age in milliseconds of the forecast that a market's supply is sold on, after a refresh."
      filter      = "${local.handled} AND jsonPayload.function=\"supply-refresh\" AND jsonPayload.ageMs:*"
      labels      = ["market"]
      value       = "ageMs"
      unit        = "ms"
      buckets     = "ages"
    }
    differences = {
      description = "What a market's reconciliation found to differ between ledger, state and BigQuery."
      filter      = "${local.handled} AND jsonPayload.function=\"reconcile\" AND jsonPayload.differences:*"
      labels      = ["market"]
      value       = "differences"
      unit        = "1"
      buckets     = "counts"
    }
    invariants = {
      description = "Violations of the promises of the README's table of invariants, by its number."
      filter      = "resource.type=\"cloud_run_revision\" AND jsonPayload.message=\"invariant violated\""
      labels      = ["invariant", "market"]
    }
    quotes = {
      description = "Campaigns quoted by a request, by tier."
      filter      = "resource.type=\"cloud_run_revision\" AND jsonPayload.message=\"answered\" AND jsonPayload.function=\"quote\" AND jsonPayload.quotes:*"
      labels      = ["tier"]
      value       = "quotes"
      unit        = "1"
      buckets     = "counts"
    }
  }

  # Names of the metrics in PromQL; for distributions, the beginning of the names.
  series = {
    for name, metric in google_logging_metric.metric :
    name => "logging_googleapis_com:user_${replace(metric.name, "/", "_")}"
  }
}

resource "google_logging_metric" "metric" {
  for_each = local.metrics

  name            = "andante/${each.key}"
  description     = each.value.description
  filter          = each.value.filter
  value_extractor = can(each.value.value) ? "EXTRACT(jsonPayload.${each.value.value})" : null

  label_extractors = {
    for label in each.value.labels : label => "EXTRACT(jsonPayload.${label})"
  }

  metric_descriptor {
    metric_kind = "DELTA"
    value_type  = can(each.value.value) ? "DISTRIBUTION" : "INT64"
    unit        = try(each.value.unit, "1")

    dynamic "labels" {
      for_each = toset(each.value.labels)

      content {
        key        = labels.value
        value_type = "STRING"
      }
    }
  }

  dynamic "bucket_options" {
    for_each = can(each.value.value) ? [local.buckets[each.value.buckets]] : []

    content {
      exponential_buckets {
        scale              = bucket_options.value.scale
        growth_factor      = bucket_options.value.growth_factor
        num_finite_buckets = bucket_options.value.num_finite_buckets
      }
    }
  }
}
