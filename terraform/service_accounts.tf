# One for each function: what it may do is in iam.tf. None has keys.
resource "google_service_account" "function" {
  for_each = local.topology.functions

  account_id   = "fn-${each.key}"
  display_name = "Function ${each.key}"

  depends_on = [google_project_service.api]
}

# Whom Pub/Sub is when it pushes.
resource "google_service_account" "pusher" {
  account_id   = "pubsub-pusher"
  display_name = "Push subscriptions"

  depends_on = [google_project_service.api]
}

# Whom Cloud Build is when it makes images of bundles: the default account could do far more.
resource "google_service_account" "builder" {
  account_id   = "function-builder"
  display_name = "Builds of functions"

  depends_on = [google_project_service.api]
}

resource "google_service_account" "query" {
  for_each = local.topology.queries

  account_id   = "query-${replace(each.key, "_", "-")}"
  display_name = "Scheduled query ${each.key}"

  depends_on = [google_project_service.api]
}
