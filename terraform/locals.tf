locals {
  # The one list of functions, topics, subscriptions, schedules, tables and views. The emulators read it too.
  topology = jsondecode(file("${path.module}/topology.json"))

  pushed_functions = { for name, function in local.topology.functions : name => function if function.trigger.kind == "pubsub" }
  http_functions   = { for name, function in local.topology.functions : name => function if function.trigger.kind == "http" }

  push_subscriptions = { for name, subscription in local.topology.subscriptions : name => subscription if !try(subscription.pull, false) }
  pull_subscriptions = { for name, subscription in local.topology.subscriptions : name => subscription if try(subscription.pull, false) }

  # Known before a function is there, so that it can check its own tokens.
  function_urls = {
    for name in keys(local.topology.functions) : name => "https://${var.region}-${var.project_id}.cloudfunctions.net/${name}"
  }

  # The Pub/Sub service agent: it mints push tokens and moves dead letters.
  pubsub_agent = "serviceAccount:service-${data.google_project.project.number}@gcp-sa-pubsub.iam.gserviceaccount.com"

  # The service agent that runs scheduled queries as their own accounts.
  transfer_agent = "serviceAccount:service-${data.google_project.project.number}@gcp-sa-bigquerydatatransfer.iam.gserviceaccount.com"
}

data "google_project" "project" {
  project_id = var.project_id
}
