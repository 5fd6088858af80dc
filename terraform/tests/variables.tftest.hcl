# A wrong value is refused before anything is planned.

mock_provider "google" {}

variables {
  project_id  = "andante-test"
  region      = "europe-west1"
  environment = "test"
}

run "a_project_id_is_one" {
  command = plan

  variables {
    project_id = "Andante Test"
  }

  expect_failures = [var.project_id]
}

run "a_region_is_no_multi_region" {
  command = plan

  variables {
    region = "eu"
  }

  expect_failures = [var.region]
}

run "the_database_is_somewhere_that_is" {
  command = plan

  variables {
    firestore_location = "everywhere"
  }

  expect_failures = [var.firestore_location]
}

run "an_environment_is_a_label" {
  command = plan

  variables {
    environment = "Test 1"
  }

  expect_failures = [var.environment]
}

run "ticks_divide_the_hour" {
  command = plan

  variables {
    tick_interval_seconds = 90
  }

  expect_failures = [var.tick_interval_seconds]
}

run "a_log_level_is_one" {
  command = plan

  variables {
    log_level = "loud"
  }

  expect_failures = [var.log_level]
}

run "nobody_speaks_for_the_platform" {
  command = plan

  variables {
    tenants = { "someone@example.com" = { tenant_id = "andante" } }
  }

  expect_failures = [var.tenants]
}

run "a_held_share_is_a_share" {
  command = plan

  variables {
    tenants = { "someone@example.com" = { tenant_id = "acme", held_share = 1.5 } }
  }

  expect_failures = [var.tenants]
}

run "emails_of_one_tenant_have_its_limits" {
  command = plan

  variables {
    tenants = {
      "someone@example.com" = { tenant_id = "acme", requests_per_minute = 10 }
      "another@example.com" = { tenant_id = "acme", requests_per_minute = 20 }
    }
  }

  expect_failures = [var.tenants]
}

run "an_ad_server_has_an_email" {
  command = plan

  variables {
    ad_server_groups = { "ad-server" = "eu" }
  }

  expect_failures = [var.ad_server_groups]
}

run "alerts_go_to_emails" {
  command = plan

  variables {
    notification_emails = ["on call"]
  }

  expect_failures = [var.notification_emails]
}
