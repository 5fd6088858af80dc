project_id         = "andante-production"
region             = "europe-west1"
firestore_location = "eur3"
environment        = "production"

notification_emails = ["on-call@example.com"]

tenants = {
  "booking@acme-music.iam.gserviceaccount.com" = { tenant_id = "acme", requests_per_minute = 6000, held_share = 0.25 }
}

ad_server_groups = {
  "ad-server-eu@andante-production.iam.gserviceaccount.com" = "eu"
  "ad-server-us@andante-production.iam.gserviceaccount.com" = "us"
}
