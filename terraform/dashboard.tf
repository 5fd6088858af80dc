# One page with what operators look at first; RUNBOOK.md names its tiles.

resource "google_monitoring_dashboard" "operations" {
  dashboard_json = jsonencode(merge(
    jsondecode(file("${path.module}/dashboard.json")),
    { displayName = "Andante ${var.environment}" },
  ))
}
