# Who is told. Channels that need a secret (PagerDuty, Slack) are made outside and named by their ids: a secret would be in
# the state.

resource "google_monitoring_notification_channel" "email" {
  for_each = toset(var.notification_emails)

  display_name = each.value
  type         = "email"
  labels       = { email_address = each.value }
}

locals {
  channels = concat(
    [for channel in google_monitoring_notification_channel.email : channel.id],
    var.notification_channels,
  )
}

check "somebody_is_told" {
  assert {
    condition     = length(local.channels) > 0
    error_message = "Alerts reach nobody: set notification_emails or notification_channels."
  }
}
