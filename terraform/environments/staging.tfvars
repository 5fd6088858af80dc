project_id  = "andante-staging"
region      = "europe-west1"
environment = "staging"

keep_warm           = false
notification_emails = ["staging-alerts@example.com"]

tenants = {
  "canary@andante-staging.iam.gserviceaccount.com" = { tenant_id = "canary" }
}

ad_server_groups = {
  "ad-server@andante-staging.iam.gserviceaccount.com" = "staging"
}
