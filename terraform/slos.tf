# Two promises over 28 days, and alerts by how fast their error budgets are spent: over a long window, so that it matters, and
# a short one, so that it still goes on (Site Reliability Workbook, chapter 5: 14.4 times over an hour, 6 times over six).
# Both count requests as Cloud Run does, which knows them from the first apply on, also those that no line was logged of.

locals {
  # What booking flows and ad servers publish; the others come by schedule.
  event_functions = [for name in keys(local.pushed_functions) : name if !contains(keys(local.topology.schedules), name)]

  own_requests = "resource.type=\"cloud_run_revision\" AND metric.type=\"run.googleapis.com/request_count\""

  slos = {
    event-latency      = google_monitoring_slo.event_latency.name
    quote-availability = google_monitoring_slo.quote_availability.name
  }

  burns = {
    fast-burn = { rate = 14.4, long = "3600s", short = "300s", severity = "CRITICAL" }
    slow-burn = { rate = 6, long = "21600s", short = "1800s", severity = "ERROR" }
  }

  slo_burns = {
    for pair in setproduct(keys(local.slos), keys(local.burns)) :
    "${pair[0]}-${pair[1]}" => merge(local.burns[pair[1]], { slo = pair[0] })
  }
}

resource "google_monitoring_custom_service" "events" {
  service_id   = "andante-events"
  display_name = "Andante: events"

  depends_on = [google_project_service.api]
}

resource "google_monitoring_custom_service" "quotes" {
  service_id   = "andante-quotes"
  display_name = "Andante: quotes"

  depends_on = [google_project_service.api]
}

resource "google_monitoring_slo" "event_latency" {
  service             = google_monitoring_custom_service.events.service_id
  slo_id              = "event-latency"
  display_name        = "Events handled within ${var.event_latency_ms} ms"
  goal                = var.event_latency_goal
  rolling_period_days = 28

  request_based_sli {
    distribution_cut {
      # Attempts that end in a retry are told of by oldest-unacked; how soon they failed is no merit.
      distribution_filter = "resource.type=\"cloud_run_revision\" AND metric.type=\"run.googleapis.com/request_latencies\" AND resource.labels.service_name=one_of(\"${join("\",\"", local.event_functions)}\") AND metric.labels.response_code_class=\"2xx\""

      range {
        min = 0
        max = var.event_latency_ms
      }
    }
  }

  depends_on = [google_cloudfunctions2_function.function]
}

resource "google_monitoring_slo" "quote_availability" {
  service             = google_monitoring_custom_service.quotes.service_id
  slo_id              = "quote-availability"
  display_name        = "Quote requests not answered by 5xx"
  goal                = var.quote_availability_goal
  rolling_period_days = 28

  request_based_sli {
    good_total_ratio {
      bad_service_filter   = "${local.own_requests} AND resource.labels.service_name=\"quote\" AND metric.labels.response_code_class=\"5xx\""
      total_service_filter = "${local.own_requests} AND resource.labels.service_name=\"quote\""
    }
  }

  depends_on = [google_cloudfunctions2_function.function]
}

resource "google_monitoring_alert_policy" "slo_burn" {
  for_each = local.slo_burns

  display_name          = "${each.key} (${var.environment})"
  severity              = each.value.severity
  combiner              = "AND"
  notification_channels = local.channels

  conditions {
    display_name = "The error budget is spent ${each.value.rate} times too fast over ${each.value.long}"

    condition_threshold {
      filter          = "select_slo_burn_rate(\"${local.slos[each.value.slo]}\", \"${each.value.long}\")"
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.rate
      duration        = "0s"
    }
  }

  conditions {
    display_name = "And still is, over ${each.value.short}"

    condition_threshold {
      filter          = "select_slo_burn_rate(\"${local.slos[each.value.slo]}\", \"${each.value.short}\")"
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.rate
      duration        = "0s"
    }
  }

  alert_strategy {
    auto_close = local.auto_close
  }

  documentation {
    content = local.documentation[each.key]
  }
}
