locals {
  sql_names = { project = var.project_id, dataset = local.topology.dataset }

  view_sql  = { for name, view in local.topology.views : name => templatefile("${path.module}/${view.sql}", local.sql_names) }
  query_sql = { for name, query in local.topology.queries : name => templatefile("${path.module}/${query.sql}", local.sql_names) }

  # A view must be there before those that read it, and one resource cannot wait for itself: they are made in five steps, each
  # of the views whose own views are there by then. `until_N` has those of the first N steps.
  view_reads = {
    for name, sql in local.view_sql : name => [for other in keys(local.view_sql) : other if other != name && strcontains(sql, ".${other}`")]
  }
  until_1 = [for name, reads in local.view_reads : name if length(reads) == 0]
  until_2 = [for name, reads in local.view_reads : name if length(setsubtract(reads, local.until_1)) == 0]
  until_3 = [for name, reads in local.view_reads : name if length(setsubtract(reads, local.until_2)) == 0]
  until_4 = [for name, reads in local.view_reads : name if length(setsubtract(reads, local.until_3)) == 0]
  until_5 = [for name, reads in local.view_reads : name if length(setsubtract(reads, local.until_4)) == 0]
}

resource "google_bigquery_dataset" "dataset" {
  dataset_id                 = local.topology.dataset
  location                   = var.region
  description                = "What was decided and delivered, and what was made of it"
  delete_contents_on_destroy = false

  lifecycle {
    precondition {
      condition     = length(local.until_5) == length(local.view_sql)
      error_message = "A view stands on views in more than five steps: give bigquery.tf a sixth."
    }
  }

  depends_on = [google_project_service.api]
}

# Appended to at least once; the views show each row once. No partition filter is required: a campaign's whole history is
# asked for by its clustering alone.
resource "google_bigquery_table" "table" {
  for_each = local.topology.tables

  dataset_id          = google_bigquery_dataset.dataset.dataset_id
  table_id            = each.key
  schema              = file("${path.module}/${each.value.schema}")
  clustering          = each.value.clusterBy
  deletion_protection = var.deletion_protection

  time_partitioning {
    type  = "DAY"
    field = each.value.partitionBy
  }
}

resource "google_bigquery_table" "view" {
  for_each = toset(local.until_1)

  dataset_id          = google_bigquery_dataset.dataset.dataset_id
  table_id            = each.key
  deletion_protection = false

  view {
    query          = local.view_sql[each.key]
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.table]
}

resource "google_bigquery_table" "view_2" {
  for_each = setsubtract(local.until_2, local.until_1)

  dataset_id          = google_bigquery_dataset.dataset.dataset_id
  table_id            = each.key
  deletion_protection = false

  view {
    query          = local.view_sql[each.key]
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.view]
}

resource "google_bigquery_table" "view_3" {
  for_each = setsubtract(local.until_3, local.until_2)

  dataset_id          = google_bigquery_dataset.dataset.dataset_id
  table_id            = each.key
  deletion_protection = false

  view {
    query          = local.view_sql[each.key]
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.view_2]
}

resource "google_bigquery_table" "view_4" {
  for_each = setsubtract(local.until_4, local.until_3)

  dataset_id          = google_bigquery_dataset.dataset.dataset_id
  table_id            = each.key
  deletion_protection = false

  view {
    query          = local.view_sql[each.key]
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.view_3]
}

resource "google_bigquery_table" "view_5" {
  for_each = setsubtract(local.until_5, local.until_4)

  dataset_id          = google_bigquery_dataset.dataset.dataset_id
  table_id            = each.key
  deletion_protection = false

  view {
    query          = local.view_sql[each.key]
    use_legacy_sql = false
  }

  depends_on = [google_bigquery_table.view_4]
}

resource "google_bigquery_data_transfer_config" "query" {
  for_each = local.topology.queries

  display_name         = each.key
  data_source_id       = "scheduled_query"
  location             = var.region
  schedule             = each.value.schedule
  service_account_name = google_service_account.query[each.key].email

  # It names its own destination.
  params = {
    query = local.query_sql[each.key]
  }

  depends_on = [
    google_bigquery_table.view_5,
    google_bigquery_dataset_iam_member.query_reads,
    google_bigquery_table_iam_member.query_writes,
    google_project_iam_member.query_jobs,
    google_service_account_iam_member.transfer_runs_query,
  ]
}
