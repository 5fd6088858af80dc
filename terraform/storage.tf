resource "google_storage_bucket" "bundles" {
  name     = "${var.project_id}-function-bundles"
  location = var.region

  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = !var.deletion_protection

  versioning {
    enabled = true
  }

  # A bundle that was replaced can be deployed again for a month.
  lifecycle_rule {
    action {
      type = "Delete"
    }

    condition {
      with_state                 = "ARCHIVED"
      days_since_noncurrent_time = 30
    }
  }

  depends_on = [google_project_service.api]
}

# `npm run build` makes the zips. The hash in the name is what redeploys a function, and only when its code changed.
resource "google_storage_bucket_object" "bundle" {
  for_each = local.topology.functions

  name         = "${each.key}-${filesha256("${path.module}/../dist/${each.key}.zip")}.zip"
  bucket       = google_storage_bucket.bundles.name
  source       = "${path.module}/../dist/${each.key}.zip"
  content_type = "application/zip"
}
