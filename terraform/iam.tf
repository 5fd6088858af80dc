# What each function may touch is `access` in topology.json, and granted where it is: on a topic, a table, a dataset.
# Project-wide is only what has no narrower place: running jobs, and Firestore under a condition.

locals {
  publishes = merge([
    for name, function in local.topology.functions : {
      for topic in try(function.access.publishes, []) : "${name}/${topic}" => { function = name, topic = topic }
    }
  ]...)

  appends = merge([
    for name, function in local.topology.functions : {
      for table in try(function.access.appends, []) : "${name}/${table}" => { function = name, table = table }
    }
  ]...)

  querying_functions = { for name, function in local.topology.functions : name => function if try(function.access.queries, false) }
  stateful_functions = { for name, function in local.topology.functions : name => function.access.firestore if can(function.access.firestore) }

  query_writes = merge([
    for name, query in local.topology.queries : { for table in query.writes : "${name}/${table}" => { query = name, table = table } }
  ]...)

  emails_of_callers = {
    tenants    = keys(var.tenants)
    ad-servers = keys(var.ad_server_groups)
    all        = distinct(concat(keys(var.tenants), keys(var.ad_server_groups)))
  }

  calls = merge([
    for name, function in local.http_functions : {
      for email in local.emails_of_callers[function.trigger.callers] : "${name}/${email}" => {
        function = name
        member   = join(":", [endswith(email, ".gserviceaccount.com") ? "serviceAccount" : "user", email])
      }
    }
  ]...)
}

# Firestore.

resource "google_project_iam_member" "firestore" {
  for_each = local.stateful_functions

  project = var.project_id
  role    = each.value == "write" ? "roles/datastore.user" : "roles/datastore.viewer"
  member  = google_service_account.function[each.key].member

  condition {
    title      = "state-database-only"
    expression = "resource.name == \"projects/${var.project_id}/databases/${google_firestore_database.state.name}\""
  }
}

# Pub/Sub.

resource "google_pubsub_topic_iam_member" "publisher" {
  for_each = local.publishes

  topic  = google_pubsub_topic.topic[each.value.topic].name
  role   = "roles/pubsub.publisher"
  member = google_service_account.function[each.value.function].member
}

# Dead letters are moved by Pub/Sub itself: without both grants they are not, and nobody is told.
resource "google_pubsub_topic_iam_member" "dead_letter_publisher" {
  for_each = local.push_subscriptions

  topic  = google_pubsub_topic.topic[each.value.deadLetterTopic].name
  role   = "roles/pubsub.publisher"
  member = local.pubsub_agent
}

resource "google_pubsub_subscription_iam_member" "dead_letter_subscriber" {
  for_each = local.push_subscriptions

  subscription = google_pubsub_subscription.push[each.key].name
  role         = "roles/pubsub.subscriber"
  member       = local.pubsub_agent
}

resource "google_service_account_iam_member" "pubsub_mints_tokens" {
  service_account_id = google_service_account.pusher.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.pubsub_agent

  # The agent is there once something of Pub/Sub is.
  depends_on = [google_pubsub_topic.topic]
}

# Who calls what.

resource "google_cloud_run_v2_service_iam_member" "pusher" {
  for_each = local.pushed_functions

  location = var.region
  name     = google_cloudfunctions2_function.function[each.key].name
  role     = "roles/run.invoker"
  member   = google_service_account.pusher.member
}

resource "google_cloud_run_v2_service_iam_member" "caller" {
  for_each = local.calls

  location = var.region
  name     = google_cloudfunctions2_function.function[each.value.function].name
  role     = "roles/run.invoker"
  member   = each.value.member
}

# BigQuery.

# The predefined roles that can append can also change and delete.
resource "google_project_iam_custom_role" "appender" {
  role_id     = "andanteRowAppender"
  title       = "Append rows to a table"
  description = "Streams rows into a table; neither reads it nor changes what it is."
  permissions = ["bigquery.tables.get", "bigquery.tables.updateData"]

  depends_on = [google_project_service.api]
}

resource "google_bigquery_table_iam_member" "appender" {
  for_each = local.appends

  dataset_id = google_bigquery_dataset.dataset.dataset_id
  table_id   = google_bigquery_table.table[each.value.table].table_id
  role       = google_project_iam_custom_role.appender.id
  member     = google_service_account.function[each.value.function].member
}

resource "google_bigquery_dataset_iam_member" "reader" {
  for_each = local.querying_functions

  dataset_id = google_bigquery_dataset.dataset.dataset_id
  role       = "roles/bigquery.dataViewer"
  member     = google_service_account.function[each.key].member
}

resource "google_project_iam_member" "jobs" {
  for_each = local.querying_functions

  project = var.project_id
  role    = "roles/bigquery.jobUser"
  member  = google_service_account.function[each.key].member
}

# Scheduled queries.

resource "google_bigquery_dataset_iam_member" "query_reads" {
  for_each = local.topology.queries

  dataset_id = google_bigquery_dataset.dataset.dataset_id
  role       = "roles/bigquery.dataViewer"
  member     = google_service_account.query[each.key].member
}

resource "google_bigquery_table_iam_member" "query_writes" {
  for_each = local.query_writes

  dataset_id = google_bigquery_dataset.dataset.dataset_id
  table_id   = google_bigquery_table.table[each.value.table].table_id
  role       = google_project_iam_custom_role.appender.id
  member     = google_service_account.query[each.value.query].member
}

resource "google_project_iam_member" "query_jobs" {
  for_each = local.topology.queries

  project = var.project_id
  role    = "roles/bigquery.jobUser"
  member  = google_service_account.query[each.key].member
}

resource "google_service_account_iam_member" "transfer_runs_query" {
  for_each = local.topology.queries

  service_account_id = google_service_account.query[each.key].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.transfer_agent
}

# Builds.

resource "google_project_iam_member" "builder_logs" {
  project = var.project_id
  role    = "roles/logging.logWriter"
  member  = google_service_account.builder.member
}

# Cloud Functions copies a bundle into a bucket of its own before it builds it.
resource "google_project_iam_member" "builder_sources" {
  project = var.project_id
  role    = "roles/storage.objectViewer"
  member  = google_service_account.builder.member

  condition {
    title      = "function-sources-only"
    expression = "resource.name.startsWith(\"projects/_/buckets/gcf-v2-sources-${data.google_project.project.number}-${var.region}\")"
  }
}

resource "google_artifact_registry_repository_iam_member" "builder_images" {
  location   = google_artifact_registry_repository.images.location
  repository = google_artifact_registry_repository.images.name
  role       = "roles/artifactregistry.writer"
  member     = google_service_account.builder.member
}
