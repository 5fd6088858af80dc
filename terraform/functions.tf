locals {
  environment_of_all = {
    GOOGLE_CLOUD_PROJECT = var.project_id
    BIGQUERY_DATASET     = local.topology.dataset
    TICK_INTERVAL_MS     = tostring(var.tick_interval_seconds * 1000)
    LOG_LEVEL            = var.log_level
    # Every line of one request carries the execution's id.
    LOG_EXECUTION_ID = "true"
  }

  # Who may call a function is told to the function too: it asks whom an email speaks for. No secrets are among them.
  environment_of_tenants = {
    TENANTS = jsonencode({
      for email, tenant in var.tenants : email => {
        for name, value in {
          tenantId          = tenant.tenant_id
          requestsPerMinute = tenant.requests_per_minute
          heldShare         = tenant.held_share
        } : name => value if value != null
      }
    })
  }
  environment_of_ad_servers = {
    AD_SERVER_GROUPS = jsonencode(var.ad_server_groups)
  }

  environment_of = {
    for name, function in local.topology.functions : name => merge(
      local.environment_of_all,
      try(function.trigger.callers, "") == "tenants" ? merge(local.environment_of_tenants, { BOOKING_AUDIENCE = local.function_urls[name] }) : {},
      try(function.trigger.callers, "") == "ad-servers" ? merge(local.environment_of_ad_servers, { AD_SERVER_AUDIENCE = local.function_urls[name] }) : {},
    )
  }
}

resource "google_cloudfunctions2_function" "function" {
  for_each = local.topology.functions

  name     = each.key
  location = var.region

  build_config {
    runtime           = "nodejs24"
    entry_point       = each.key
    service_account   = google_service_account.builder.id
    docker_repository = google_artifact_registry_repository.images.id

    source {
      storage_source {
        bucket = google_storage_bucket.bundles.name
        object = google_storage_bucket_object.bundle[each.key].name
      }
    }
  }

  service_config {
    service_account_email            = google_service_account.function[each.key].email
    available_memory                 = "${each.value.memoryMb}Mi"
    available_cpu                    = tostring(each.value.cpu)
    max_instance_request_concurrency = each.value.concurrency
    min_instance_count               = var.keep_warm ? each.value.minInstances : 0
    max_instance_count               = each.value.maxInstances
    timeout_seconds                  = each.value.timeoutSeconds
    all_traffic_on_latest_revision   = true

    # A push subscription of the same project counts as internal; ad servers and tenants are elsewhere.
    ingress_settings = each.value.trigger.kind == "pubsub" ? "ALLOW_INTERNAL_ONLY" : "ALLOW_ALL"

    environment_variables = local.environment_of[each.key]
  }

  lifecycle {
    precondition {
      condition     = each.value.concurrency == 1 || each.value.cpu >= 1
      error_message = "${each.key}: more than one request at a time needs a whole CPU."
    }
  }

  depends_on = [
    google_project_service.api,
    google_project_iam_member.builder_logs,
    google_project_iam_member.builder_sources,
    google_artifact_registry_repository_iam_member.builder_images,
  ]
}

# The images that Cloud Build makes of the bundles.
resource "google_artifact_registry_repository" "images" {
  repository_id = "functions"
  location      = var.region
  format        = "DOCKER"
  description   = "Images of the functions"

  cleanup_policies {
    id     = "keep-recent"
    action = "KEEP"

    most_recent_versions {
      keep_count = 5
    }
  }

  cleanup_policies {
    id     = "delete-old"
    action = "DELETE"

    condition {
      older_than = "2592000s"
    }
  }

  depends_on = [google_project_service.api]
}
