resource "google_cloud_scheduler_job" "schedule" {
  for_each = local.topology.schedules

  name      = each.key
  region    = var.region
  time_zone = "Etc/UTC"
  schedule = (
    each.key == "delivery-tick" && var.tick_interval_seconds > 60
    ? "*/${var.tick_interval_seconds / 60} * * * *"
    : each.value.cron
  )

  # A run whose last attempt failed is gone. There is no attempt deadline: a publish has its own.
  retry_config {
    retry_count          = each.value.retries
    min_backoff_duration = "5s"
    max_backoff_duration = "60s"
    max_doublings        = 3
  }

  pubsub_target {
    topic_name = google_pubsub_topic.topic[each.value.topic].id
    data       = base64encode(jsonencode(each.value.body))
  }
}
