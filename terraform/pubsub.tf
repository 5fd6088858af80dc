resource "google_pubsub_topic" "topic" {
  for_each = toset(local.topology.topics)

  name = each.key

  depends_on = [google_project_service.api]
}

resource "google_pubsub_subscription" "push" {
  for_each = local.push_subscriptions

  name                       = each.key
  topic                      = google_pubsub_topic.topic[each.value.topic].id
  ack_deadline_seconds       = each.value.ackDeadlineSeconds
  message_retention_duration = "${each.value.retentionDays * 86400}s"
  # What was handled is kept as long: after a restore of Firestore it is sought back to (RESTORE.md).
  retain_acked_messages = true

  push_config {
    # The functions framework reads the topic from the path. Only a run.app address counts as internal.
    push_endpoint = "${google_cloudfunctions2_function.function[each.value.function].service_config[0].uri}/projects/${var.project_id}/topics/${each.value.topic}"

    oidc_token {
      service_account_email = google_service_account.pusher.email
      audience              = google_cloudfunctions2_function.function[each.value.function].service_config[0].uri
    }
  }

  retry_policy {
    minimum_backoff = "${each.value.minBackoffSeconds}s"
    maximum_backoff = "${each.value.maxBackoffSeconds}s"
  }

  dead_letter_policy {
    dead_letter_topic     = google_pubsub_topic.topic[each.value.deadLetterTopic].id
    max_delivery_attempts = each.value.maxDeliveryAttempts
  }

  # Never: a subscription that was quiet for a month still counts.
  expiration_policy {
    ttl = ""
  }

  lifecycle {
    precondition {
      condition     = each.value.ackDeadlineSeconds >= local.topology.functions[each.value.function].timeoutSeconds
      error_message = "${each.key}: acknowledged too early, a message runs twice at once."
    }
  }

  depends_on = [google_cloud_run_v2_service_iam_member.pusher]
}

# Dead letters, and what others may read: someone pulls them.
resource "google_pubsub_subscription" "pull" {
  for_each = local.pull_subscriptions

  name                       = each.key
  topic                      = google_pubsub_topic.topic[each.value.topic].id
  ack_deadline_seconds       = each.value.ackDeadlineSeconds
  message_retention_duration = "${each.value.retentionDays * 86400}s"

  expiration_policy {
    ttl = ""
  }
}
