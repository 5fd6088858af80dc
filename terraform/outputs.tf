output "function_urls" {
  description = "Where tenants and ad servers call each HTTP function, and the audience of the tokens it takes."
  value       = { for name in keys(local.http_functions) : name => local.function_urls[name] }
}

output "topics" {
  description = "Full names of the topics."
  value       = { for name, topic in google_pubsub_topic.topic : name => topic.id }
}

output "dead_letter_subscriptions" {
  description = "Where the dead letters of each push subscription wait."
  value = {
    for name, subscription in local.push_subscriptions : name => [
      for pull_name, pull in local.pull_subscriptions : google_pubsub_subscription.pull[pull_name].id if pull.topic == subscription.deadLetterTopic
    ][0]
  }
}

output "service_accounts" {
  description = "Emails of the functions' service accounts."
  value       = { for name, account in google_service_account.function : name => account.email }
}

output "dataset" {
  description = "Full name of the dataset of outcomes."
  value       = google_bigquery_dataset.dataset.id
}

output "database" {
  description = "Full name of the database of allocation state."
  value       = google_firestore_database.state.id
}

output "bundle_bucket" {
  description = "Bucket of the deployed bundles."
  value       = google_storage_bucket.bundles.name
}
