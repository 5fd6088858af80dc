project_id  = "andante-staging"
region      = "europe-west1"
environment = "staging"

keep_warm           = false
notification_emails = ["staging-alerts@example.com"]

tenants = {
  "booking@andante-staging.iam.gserviceaccount.com" = { tenant_id = "rehearsal" }
}

ad_server_groups = {
  "ad-server@andante-staging.iam.gserviceaccount.com" = "staging"
}
