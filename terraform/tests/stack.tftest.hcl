# `npm run build && terraform test`: nothing is created, the provider is mocked. What test/policy asserts of the text is asserted
# here of what Terraform makes of it.

mock_provider "google" {
  mock_data "google_project" {
    defaults = {
      number = "123456789012"
    }
  }
}

variables {
  project_id  = "andante-test"
  region      = "europe-west1"
  environment = "test"

  tenants = {
    "booking@acme.iam.gserviceaccount.com" = { tenant_id = "acme", requests_per_minute = 100 }
    "buyer@acme.example"                   = { tenant_id = "acme", requests_per_minute = 100 }
  }

  ad_server_groups = {
    "ads@acme.iam.gserviceaccount.com" = "eu"
  }
}

run "every_entry_of_the_topology_is_there" {
  assert {
    condition     = toset(keys(google_cloudfunctions2_function.function)) == toset(keys(local.topology.functions))
    error_message = "A function of the topology is missing."
  }

  assert {
    condition     = toset(keys(google_pubsub_topic.topic)) == toset(local.topology.topics)
    error_message = "A topic of the topology is missing."
  }

  assert {
    condition = toset(concat(keys(google_pubsub_subscription.push), keys(google_pubsub_subscription.pull))) == (
      toset(keys(local.topology.subscriptions))
    )
    error_message = "A subscription of the topology is missing."
  }

  assert {
    condition     = toset(keys(google_cloud_scheduler_job.schedule)) == toset(keys(local.topology.schedules))
    error_message = "A schedule of the topology is missing."
  }

  assert {
    condition     = toset(keys(google_bigquery_table.table)) == toset(keys(local.topology.tables))
    error_message = "A table of the topology is missing."
  }

  assert {
    condition     = toset(local.until_5) == toset(keys(local.topology.views))
    error_message = "A view of the topology is missing."
  }
}

run "functions_are_their_own" {
  assert {
    condition     = length(distinct([for account in google_service_account.function : account.account_id])) == length(local.topology.functions)
    error_message = "Two functions share a service account."
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.function : function.build_config[0].runtime == "nodejs24"])
    error_message = "A function has another runtime."
  }

  assert {
    condition = alltrue([
      for name in keys(local.pushed_functions) :
      google_cloudfunctions2_function.function[name].service_config[0].ingress_settings == "ALLOW_INTERNAL_ONLY"
    ])
    error_message = "A pushed function can be reached from outside."
  }

  assert {
    condition = jsondecode(google_cloudfunctions2_function.function["quote"].service_config[0].environment_variables["TENANTS"]) == {
      "booking@acme.iam.gserviceaccount.com" = { tenantId = "acme", requestsPerMinute = 100 }
      "buyer@acme.example"                   = { tenantId = "acme", requestsPerMinute = 100 }
    }
    error_message = "The quote function is not told who its tenants are."
  }
}

run "only_those_who_may_call" {
  assert {
    condition = toset([for call in google_cloud_run_v2_service_iam_member.caller : call.member if call.name == "quote"]) == toset([
      "serviceAccount:booking@acme.iam.gserviceaccount.com", "user:buyer@acme.example",
    ])
    error_message = "Quotes are for tenants."
  }

  assert {
    condition = toset([for call in google_cloud_run_v2_service_iam_member.caller : call.member if call.name == "report"]) == toset([
      "serviceAccount:ads@acme.iam.gserviceaccount.com",
    ])
    error_message = "Reports are for ad servers."
  }

  assert {
    condition     = toset(keys(google_cloud_run_v2_service_iam_member.pusher)) == toset(keys(local.pushed_functions))
    error_message = "The pusher calls pushed functions, all of them and no other."
  }
}

run "nothing_is_lost_in_delivery" {
  assert {
    condition = alltrue([
      for name, subscription in google_pubsub_subscription.push :
      subscription.ack_deadline_seconds >= google_cloudfunctions2_function.function[local.topology.subscriptions[name].function].service_config[0].timeout_seconds
    ])
    error_message = "A message would be delivered again while it is being handled."
  }

  assert {
    condition = alltrue([
      for subscription in google_pubsub_subscription.push : length(subscription.dead_letter_policy) == 1 && length(subscription.retry_policy) == 1
    ])
    error_message = "A push subscription has no dead letter, or no backoff."
  }

  assert {
    condition = alltrue([
      for name, subscription in google_pubsub_subscription.push :
      endswith(subscription.push_config[0].push_endpoint, "/projects/andante-test/topics/${local.topology.subscriptions[name].topic}")
    ])
    error_message = "The functions framework would not know the topic of a push."
  }

  assert {
    condition = (
      toset(keys(google_pubsub_topic_iam_member.dead_letter_publisher)) == toset(keys(google_pubsub_subscription.push)) &&
      toset(keys(google_pubsub_subscription_iam_member.dead_letter_subscriber)) == toset(keys(google_pubsub_subscription.push))
    )
    error_message = "Pub/Sub may not move the dead letters of a subscription."
  }

  assert {
    condition     = length(output.dead_letter_subscriptions) == length(google_pubsub_subscription.push)
    error_message = "Dead letters of a subscription wait nowhere."
  }

  assert {
    condition     = alltrue([for job in google_cloud_scheduler_job.schedule : job.retry_config[0].retry_count > 0])
    error_message = "A schedule is not tried again."
  }
}

run "data_is_protected" {
  assert {
    condition     = google_firestore_database.state.delete_protection_state == "DELETE_PROTECTION_ENABLED"
    error_message = "The database can be deleted."
  }

  assert {
    condition     = alltrue([for table in google_bigquery_table.table : table.deletion_protection])
    error_message = "A table can be deleted."
  }

  assert {
    condition     = google_storage_bucket.bundles.public_access_prevention == "enforced"
    error_message = "Bundles could be public."
  }
}

run "a_slower_tick_is_scheduled_and_told" {
  variables {
    tick_interval_seconds = 300
  }

  assert {
    condition     = google_cloud_scheduler_job.schedule["delivery-tick"].schedule == "*/5 * * * *"
    error_message = "The tick runs at another interval than it paces for."
  }

  assert {
    condition     = google_cloudfunctions2_function.function["delivery-tick"].service_config[0].environment_variables["TICK_INTERVAL_MS"] == "300000"
    error_message = "The tick is told another interval than it runs at."
  }
}

run "a_stack_can_be_torn_down" {
  variables {
    deletion_protection = false
    keep_warm           = false
  }

  assert {
    condition     = google_firestore_database.state.delete_protection_state == "DELETE_PROTECTION_DISABLED" && google_storage_bucket.bundles.force_destroy
    error_message = "Something would be left."
  }

  assert {
    condition     = alltrue([for function in google_cloudfunctions2_function.function : function.service_config[0].min_instance_count == 0])
    error_message = "Something is kept warm."
  }
}
