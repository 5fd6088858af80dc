locals {
  # Documents are read by id. Every index would be paid for at each write, and a packed page has more entries than a document
  # may: so no field of any collection is indexed, but those that a query asks for.
  collections = ["ledger", "campaigns", "owners", "markets", "book", "supply", "forecast", "plans", "bookings", "parts", "quarantine"]

  # shared/store/firestore-store.ts: equality on one field, ordered by id, which its own index answers. No composite index is needed.
  queried_fields = {
    "ledger.waitingFor" = { collection = "ledger", field = "waitingFor" }
    "ledger.undrained"  = { collection = "ledger", field = "undrained" }
    "bookings.isOpen"   = { collection = "bookings", field = "isOpen" }
  }

  # Collections whose documents say in `expireAt` when they may be forgotten.
  expiring_collections = ["ledger", "bookings", "parts", "quarantine"]
}

resource "google_firestore_database" "state" {
  name                              = "(default)"
  location_id                       = coalesce(var.firestore_location, var.region)
  type                              = "FIRESTORE_NATIVE"
  concurrency_mode                  = "PESSIMISTIC"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = var.deletion_protection ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  deletion_policy                   = var.deletion_protection ? "PREVENT" : "DELETE"

  depends_on = [google_project_service.api]
}

# Point-in-time recovery reaches back seven days; backups reach further, and outlive the database.
resource "google_firestore_backup_schedule" "daily" {
  database  = google_firestore_database.state.name
  retention = "${7 * 86400}s"

  daily_recurrence {}
}

resource "google_firestore_backup_schedule" "weekly" {
  database  = google_firestore_database.state.name
  retention = "${98 * 86400}s"

  weekly_recurrence {
    day = "SUNDAY"
  }
}

resource "google_firestore_field" "unindexed" {
  for_each = toset(local.collections)

  database   = google_firestore_database.state.name
  collection = each.key
  field      = "*"

  index_config {}
}

resource "google_firestore_field" "queried" {
  for_each = local.queried_fields

  database   = google_firestore_database.state.name
  collection = each.value.collection
  field      = each.value.field

  index_config {
    indexes {
      order       = "ASCENDING"
      query_scope = "COLLECTION"
    }
  }

  depends_on = [google_firestore_field.unindexed]
}

resource "google_firestore_field" "expiring" {
  for_each = toset(local.expiring_collections)

  database   = google_firestore_database.state.name
  collection = each.key
  field      = "expireAt"

  index_config {}
  ttl_config {}

  depends_on = [google_firestore_field.unindexed]
}

# Nobody reaches the database but the functions: rules are for browsers and phones.
resource "google_firebaserules_ruleset" "deny_all" {
  source {
    files {
      name    = "firestore.rules"
      content = file("${path.module}/firestore.rules")
    }
  }

  depends_on = [google_firestore_database.state]
}

resource "google_firebaserules_release" "firestore" {
  name         = "cloud.firestore"
  ruleset_name = "projects/${var.project_id}/rulesets/${google_firebaserules_ruleset.deny_all.name}"
}
