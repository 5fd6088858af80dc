# When to tell somebody. Defaults are for the schedules of topology.json and a market of ordinary size.

variable "bigquery_daily_bytes" {
  description = "Bytes billed by BigQuery in 24 hours above which somebody is told. Of the whole project."
  type        = number
  default     = 1099511627776

  validation {
    condition     = var.bigquery_daily_bytes > 0
    error_message = "The budget of bytes is above 0."
  }
}

variable "drain_lag_minutes" {
  description = "Age of outcomes that are not in BigQuery above which somebody is told, in minutes."
  type        = number
  default     = 20

  validation {
    condition     = var.drain_lag_minutes >= 10
    error_message = "A drain every five minutes leaves what is younger than 10 minutes."
  }
}

variable "event_latency_goal" {
  description = "Share of events that are handled within event_latency_ms, over 28 days."
  type        = number
  default     = 0.99

  validation {
    condition     = var.event_latency_goal > 0 && var.event_latency_goal < 1
    error_message = "A goal is a share between 0 and 1: of 1, any event would spend the whole error budget."
  }
}

variable "event_latency_ms" {
  description = "Milliseconds within which an event counts as handled in time."
  type        = number
  default     = 2000

  validation {
    condition     = var.event_latency_ms > 0
    error_message = "The time is above 0."
  }
}

variable "http_error_ratio" {
  description = "Share of 5xx answers of one HTTP function above which somebody is told."
  type        = number
  default     = 0.01

  validation {
    condition     = var.http_error_ratio > 0 && var.http_error_ratio < 1
    error_message = "A share is between 0 and 1."
  }
}

variable "notification_channels" {
  description = "Ids of notification channels made elsewhere (projects/P/notificationChannels/N), beside the emails."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for id in var.notification_channels : can(regex("^projects/[^/]+/notificationChannels/[^/]+$", id))])
    error_message = "A channel is named projects/P/notificationChannels/N."
  }
}

variable "oldest_unacked_seconds" {
  description = "Age of a message that waits for its function above which somebody is told. A retry waits up to 600 seconds."
  type        = number
  default     = 900

  validation {
    condition     = var.oldest_unacked_seconds > 600
    error_message = "A message that is retried once may wait for 600 seconds."
  }
}

variable "overrun_micros_per_hour" {
  description = "Charges above what was granted, in one market and hour, above which somebody is told, in micros."
  type        = number
  default     = 0

  validation {
    condition     = var.overrun_micros_per_hour >= 0
    error_message = "Micros are not negative."
  }
}

variable "quarantined_per_hour" {
  description = "Messages of one function that are refused for good in an hour, above which somebody is told."
  type        = number
  default     = 10

  validation {
    condition     = var.quarantined_per_hour >= 0
    error_message = "A number of messages is not negative."
  }
}

variable "quote_availability_goal" {
  description = "Share of quote requests that are not answered by 5xx, over 28 days."
  type        = number
  default     = 0.999

  validation {
    condition     = var.quote_availability_goal > 0 && var.quote_availability_goal < 1
    error_message = "A goal is a share between 0 and 1: of 1, any request would spend the whole error budget."
  }
}

variable "quote_latency_ms" {
  description = "Milliseconds that one quote request in a hundred may take before somebody is told; a batch is one request."
  type        = number
  default     = 2000

  validation {
    condition     = var.quote_latency_ms > 0
    error_message = "The time is above 0."
  }
}

variable "refresh_stale_hours" {
  description = "Age of a market's forecast above which somebody is told. Refreshed every six hours, one of 13 has missed two."
  type        = number
  default     = 13

  validation {
    condition     = var.refresh_stale_hours > 6 && var.refresh_stale_hours < 24
    error_message = "Refreshed every six hours and valid for a day, a forecast is stale after more than 6 and less than 24 hours."
  }
}

variable "runbook_url" {
  description = "Where RUNBOOK.md is read on the web; alerts link to its headings. They carry their section with them either way."
  type        = string
  default     = ""

  validation {
    condition     = var.runbook_url == "" || startswith(var.runbook_url, "https://")
    error_message = "The address begins with https://."
  }
}

variable "tick_missing_periods" {
  description = "Ticks in a row that may be missing before somebody is told."
  type        = number
  default     = 3

  validation {
    condition     = var.tick_missing_periods >= 3 && var.tick_missing_periods <= 10
    error_message = "From 3 to 10: log entries come late, and a market that is gone for hours is not missed any more."
  }
}
