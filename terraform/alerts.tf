# When somebody is told, and of what: each alert carries its section of RUNBOOK.md, whose heading is its name.
# Conditions over metrics of our own are PromQL, which may name a metric before its first line is logged: the others are
# refused until it is known, up to ten minutes after it was created, and one apply would not do.

locals {
  # The sections of RUNBOOK.md by their headings: what a notification says.
  runbook = split("\n## ", file("${path.module}/RUNBOOK.md"))
  documentation = {
    for section in slice(local.runbook, 1, length(local.runbook)) :
    split("\n", section)[0] => join("\n\n", compact([
      var.runbook_url == "" ? "" : "${var.runbook_url}#${split("\n", section)[0]}",
      "## ${trimspace(section)}",
    ]))
  }

  # Incidents that see no more data, or come from a line of the log, close after a day.
  auto_close = "86400s"

  own_run = "monitored_resource=\"cloud_run_revision\""

  # Where messages end that no attempt could deliver.
  dead_letter_subscriptions = [
    for name, subscription in local.pull_subscriptions : name
    if contains([for push in local.push_subscriptions : push.deadLetterTopic], subscription.topic)
  ]

  # Entries of the log are counted some minutes late.
  late_entries = "120s"
  tick_window  = "${var.tick_missing_periods * var.tick_interval_seconds}s"

  other_http_functions = join("|", [for name in keys(local.http_functions) : name if name != "quote"])
}

resource "google_monitoring_alert_policy" "dead_letters" {
  display_name          = "dead-letters (${var.environment})"
  severity              = "ERROR"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "Dead letters wait in a subscription"

    condition_threshold {
      filter          = "resource.type=\"pubsub_subscription\" AND metric.type=\"pubsub.googleapis.com/subscription/num_undelivered_messages\" AND resource.labels.subscription_id=one_of(\"${join("\",\"", local.dead_letter_subscriptions)}\")"
      comparison      = "COMPARISON_GT"
      threshold_value = 0
      duration        = "0s"

      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_MAX"
        cross_series_reducer = "REDUCE_MAX"
        group_by_fields      = ["resource.labels.subscription_id"]
      }
    }
  }

  alert_strategy {
    auto_close = local.auto_close
  }

  documentation {
    content = local.documentation["dead-letters"]
  }

  depends_on = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "oldest_unacked" {
  display_name          = "oldest-unacked (${var.environment})"
  severity              = "ERROR"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "A message waits for its function"

    condition_threshold {
      filter          = "resource.type=\"pubsub_subscription\" AND metric.type=\"pubsub.googleapis.com/subscription/oldest_unacked_message_age\" AND resource.labels.subscription_id=one_of(\"${join("\",\"", keys(local.push_subscriptions))}\")"
      comparison      = "COMPARISON_GT"
      threshold_value = var.oldest_unacked_seconds
      duration        = "60s"

      aggregations {
        alignment_period     = "60s"
        per_series_aligner   = "ALIGN_MAX"
        cross_series_reducer = "REDUCE_MAX"
        group_by_fields      = ["resource.labels.subscription_id"]
      }
    }
  }

  alert_strategy {
    auto_close = local.auto_close
  }

  documentation {
    content = local.documentation["oldest-unacked"]
  }

  depends_on = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "tick_missing" {
  display_name          = "tick-missing (${var.environment})"
  severity              = "CRITICAL"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "No tick at all"

    # Not an absence of the metric, which takes a first point to be absent after: a stack that never ticked is told of too.
    condition_prometheus_query_language {
      query = <<-EOT
        (sum(increase(${local.series["ticks"]}{${local.own_run}}[${local.tick_window}])) or vector(0)) <= 0
      EOT

      duration                  = local.late_entries
      evaluation_interval       = "60s"
      disable_metric_validation = true
    }
  }

  conditions {
    display_name = "A market has no tick that others have"

    condition_prometheus_query_language {
      query = <<-EOT
        sum by (market) (increase(${local.series["ticks"]}{${local.own_run},market!=""}[6h])) > 0
        unless
        sum by (market) (increase(${local.series["ticks"]}{${local.own_run},market!=""}[${local.tick_window}])) > 0
      EOT

      duration                  = local.late_entries
      evaluation_interval       = "60s"
      disable_metric_validation = true
    }
  }

  alert_strategy {
    auto_close = local.auto_close
  }

  documentation {
    content = local.documentation["tick-missing"]
  }
}

resource "google_monitoring_alert_policy" "invariant_violated" {
  display_name          = "invariant-violated (${var.environment})"
  severity              = "CRITICAL"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "A function saw a promise broken"

    condition_matched_log {
      filter = "resource.type=\"cloud_run_revision\" AND severity=CRITICAL AND jsonPayload.message=\"invariant violated\""

      label_extractors = {
        invariant = "EXTRACT(jsonPayload.invariant)"
        market    = "EXTRACT(jsonPayload.market)"
      }
    }
  }

  alert_strategy {
    auto_close = local.auto_close

    notification_rate_limit {
      period = "900s"
    }
  }

  documentation {
    content = local.documentation["invariant-violated"]
  }

  depends_on = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "function_failed" {
  display_name          = "function-failed (${var.environment})"
  severity              = "CRITICAL"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "A function met what its programmers did not expect"

    condition_matched_log {
      filter = "resource.type=\"cloud_run_revision\" AND severity=CRITICAL AND jsonPayload.function:* AND NOT jsonPayload.message=(\"invariant violated\" OR \"ledger, state and BigQuery differ\" OR \"more differences than are told\")"

      label_extractors = {
        function = "EXTRACT(jsonPayload.function)"
      }
    }
  }

  alert_strategy {
    auto_close = local.auto_close

    notification_rate_limit {
      period = "900s"
    }
  }

  documentation {
    content = local.documentation["function-failed"]
  }

  depends_on = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "differences" {
  display_name          = "differences (${var.environment})"
  severity              = "ERROR"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "A market's ledger, state and rows do not agree"

    condition_matched_log {
      filter = "${local.handled} AND jsonPayload.function=\"reconcile\" AND jsonPayload.differences>0"

      label_extractors = {
        market = "EXTRACT(jsonPayload.market)"
      }
    }
  }

  alert_strategy {
    auto_close = local.auto_close

    notification_rate_limit {
      period = "3600s"
    }
  }

  documentation {
    content = local.documentation["differences"]
  }

  depends_on = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "quarantined" {
  display_name          = "quarantined (${var.environment})"
  severity              = "WARNING"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "A function refuses many messages for good"

    condition_prometheus_query_language {
      query = <<-EOT
        sum by (function) (increase(${local.series["events"]}{${local.own_run},outcome="quarantined"}[1h])) > ${var.quarantined_per_hour}
      EOT

      evaluation_interval       = "300s"
      disable_metric_validation = true
    }
  }

  alert_strategy {
    auto_close = local.auto_close
  }

  documentation {
    content = local.documentation["quarantined"]
  }
}

resource "google_monitoring_alert_policy" "overrun" {
  display_name          = "overrun (${var.environment})"
  severity              = "WARNING"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "A market's ad servers charge above what they were granted"

    condition_prometheus_query_language {
      query = <<-EOT
        sum by (market) (increase(${local.series["overrun_micros"]}_sum{${local.own_run}}[1h])) > ${var.overrun_micros_per_hour}
      EOT

      evaluation_interval       = "60s"
      disable_metric_validation = true
    }
  }

  alert_strategy {
    auto_close = local.auto_close
  }

  documentation {
    content = local.documentation["overrun"]
  }
}

resource "google_monitoring_alert_policy" "drain_lag" {
  display_name          = "drain-lag (${var.environment})"
  severity              = "ERROR"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "Outcomes wait for BigQuery"

    # The mean of three drains.
    condition_prometheus_query_language {
      query = <<-EOT
        sum(increase(${local.series["drain_age"]}_sum{${local.own_run}}[15m]))
        / sum(increase(${local.series["drain_age"]}_count{${local.own_run}}[15m]))
        > ${var.drain_lag_minutes * 60 * 1000}
      EOT

      evaluation_interval       = "60s"
      disable_metric_validation = true
    }
  }

  conditions {
    display_name = "The drain does not run"

    condition_prometheus_query_language {
      query = <<-EOT
        (sum(increase(${local.series["drain_age"]}_count{${local.own_run}}[${var.drain_lag_minutes}m])) or vector(0)) <= 0
      EOT

      duration                  = local.late_entries
      evaluation_interval       = "60s"
      disable_metric_validation = true
    }
  }

  alert_strategy {
    auto_close = local.auto_close
  }

  documentation {
    content = local.documentation["drain-lag"]
  }
}

resource "google_monitoring_alert_policy" "refresh_stale" {
  display_name          = "refresh-stale (${var.environment})"
  severity              = "WARNING"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "A market is sold on an old forecast"

    # One refresh every six hours: the mean of the last two for an hour, then of one.
    condition_prometheus_query_language {
      query = <<-EOT
        sum by (market) (increase(${local.series["refresh_age"]}_sum{${local.own_run}}[7h]))
        / sum by (market) (increase(${local.series["refresh_age"]}_count{${local.own_run}}[7h]))
        > ${var.refresh_stale_hours * 3600 * 1000}
      EOT

      evaluation_interval       = "300s"
      disable_metric_validation = true
    }
  }

  conditions {
    display_name = "A market's forecast is not refreshed"

    condition_prometheus_query_language {
      query = <<-EOT
        sum by (market) (increase(${local.series["refresh_age"]}_count{${local.own_run}}[24h])) > 0
        unless
        sum by (market) (increase(${local.series["refresh_age"]}_count{${local.own_run}}[${var.refresh_stale_hours}h])) > 0
      EOT

      evaluation_interval       = "300s"
      disable_metric_validation = true
    }
  }

  alert_strategy {
    auto_close = local.auto_close
  }

  documentation {
    content = local.documentation["refresh-stale"]
  }
}

resource "google_monitoring_alert_policy" "quote_errors" {
  display_name          = "quote-errors (${var.environment})"
  severity              = "ERROR"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "Quotes are answered by 5xx"

    # More than five: a single one in a quiet hour is no incident.
    condition_prometheus_query_language {
      query = <<-EOT
        sum(rate(run_googleapis_com:request_count{${local.own_run},service_name="quote",response_code_class="5xx"}[10m]))
        / sum(rate(run_googleapis_com:request_count{${local.own_run},service_name="quote"}[10m]))
        > ${var.http_error_ratio}
        and
        sum(increase(run_googleapis_com:request_count{${local.own_run},service_name="quote",response_code_class="5xx"}[10m])) > 5
      EOT

      evaluation_interval       = "60s"
      disable_metric_validation = true
    }
  }

  alert_strategy {
    auto_close = local.auto_close
  }

  documentation {
    content = local.documentation["quote-errors"]
  }
}

resource "google_monitoring_alert_policy" "http_errors" {
  display_name          = "http-errors (${var.environment})"
  severity              = "ERROR"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "Bookings, reports, plans or decisions are answered by 5xx"

    condition_prometheus_query_language {
      query = <<-EOT
        sum by (service_name) (rate(run_googleapis_com:request_count{${local.own_run},service_name=~"${local.other_http_functions}",response_code_class="5xx"}[10m]))
        / sum by (service_name) (rate(run_googleapis_com:request_count{${local.own_run},service_name=~"${local.other_http_functions}"}[10m]))
        > ${var.http_error_ratio}
        and
        sum by (service_name) (increase(run_googleapis_com:request_count{${local.own_run},service_name=~"${local.other_http_functions}",response_code_class="5xx"}[10m])) > 5
      EOT

      evaluation_interval       = "60s"
      disable_metric_validation = true
    }
  }

  alert_strategy {
    auto_close = local.auto_close
  }

  documentation {
    content = local.documentation["http-errors"]
  }
}

resource "google_monitoring_alert_policy" "quote_latency" {
  display_name          = "quote-latency (${var.environment})"
  severity              = "WARNING"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "One quote request in a hundred is slow"

    condition_threshold {
      filter          = "resource.type=\"cloud_run_revision\" AND metric.type=\"run.googleapis.com/request_latencies\" AND resource.labels.service_name=\"quote\""
      comparison      = "COMPARISON_GT"
      threshold_value = var.quote_latency_ms
      duration        = "300s"

      aggregations {
        alignment_period     = "300s"
        per_series_aligner   = "ALIGN_DELTA"
        cross_series_reducer = "REDUCE_PERCENTILE_99"
        group_by_fields      = ["resource.labels.service_name"]
      }
    }
  }

  alert_strategy {
    auto_close = local.auto_close
  }

  documentation {
    content = local.documentation["quote-latency"]
  }

  depends_on = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "bigquery_bytes" {
  display_name          = "bigquery-bytes (${var.environment})"
  severity              = "WARNING"
  combiner              = "OR"
  notification_channels = local.channels

  conditions {
    display_name = "Queries of a day cost more than was meant"

    # It is a metric of the resource global, not of bigquery_project.
    condition_threshold {
      filter          = "resource.type=\"global\" AND metric.type=\"bigquery.googleapis.com/query/scanned_bytes_billed\""
      comparison      = "COMPARISON_GT"
      threshold_value = var.bigquery_daily_bytes
      duration        = "0s"

      aggregations {
        alignment_period     = "86400s"
        per_series_aligner   = "ALIGN_SUM"
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }

  alert_strategy {
    auto_close = local.auto_close
  }

  documentation {
    content = local.documentation["bigquery-bytes"]
  }

  depends_on = [google_project_service.api]
}
