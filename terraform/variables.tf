variable "project_id" {
  description = "Project that everything is created in. It exists and has a billing account; nothing else need be in it."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id has 6 to 30 lower-case letters, digits and hyphens, the first a letter, the last no hyphen."
  }
}

variable "region" {
  description = "Region of functions, schedules, dataset, database and bundles. Database and dataset cannot move later."
  type        = string

  validation {
    condition     = can(regex("^[a-z]+-[a-z]+[0-9]+$", var.region))
    error_message = "region is one region, such as europe-west1: functions do not run in multi-regions."
  }
}

variable "firestore_location" {
  description = "Location of the database where it is not the region: a multi-region, eur3 or nam5, outlives the loss of one."
  type        = string
  default     = null

  validation {
    condition     = var.firestore_location == null || can(regex("^([a-z]+-[a-z]+[0-9]+|eur3|nam5|nam7)$", var.firestore_location))
    error_message = "firestore_location is a region, eur3, nam5 or nam7."
  }
}

variable "environment" {
  description = "What this stack is called in labels and alerts."
  type        = string

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{0,30}$", var.environment))
    error_message = "environment is a label: lower-case letters, digits and hyphens, the first a letter."
  }
}

variable "tick_interval_seconds" {
  description = "Seconds between two ticks of a market."
  type        = number
  default     = 60

  validation {
    condition     = contains([60, 120, 300, 600, 900, 1800], var.tick_interval_seconds)
    error_message = "tick_interval_seconds is 60, 120, 300, 600, 900 or 1800: schedules know minutes, and slots must divide the hour."
  }
}

variable "log_level" {
  description = "What the functions write: debug, info, warn or error. Metrics and alerts need info."
  type        = string
  default     = "info"

  validation {
    condition     = contains(["debug", "info", "warn", "error"], var.log_level)
    error_message = "log_level is debug, info, warn or error."
  }
}

variable "tenants" {
  description = "Who may quote, book and change campaigns: the email of a service account or user, and the tenant it speaks for."
  type = map(object({
    tenant_id           = string
    requests_per_minute = optional(number)
    held_share          = optional(number)
  }))
  default = {}

  validation {
    condition     = alltrue([for email in keys(var.tenants) : can(regex("^[^@\\s]+@[^@\\s]+$", email))])
    error_message = "Every key of tenants is an email."
  }

  validation {
    condition = alltrue([
      for tenant in values(var.tenants) :
      can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", tenant.tenant_id)) && !contains(["andante", "andante-canary"], tenant.tenant_id)
    ])
    error_message = "tenant_id has 1 to 64 letters, digits, dots, underscores and hyphens, the first a letter or digit; andante and andante-canary are the platform itself."
  }

  validation {
    condition = alltrue([
      for tenant in values(var.tenants) : tenant.requests_per_minute == null ? true : (
        tenant.requests_per_minute >= 1 && tenant.requests_per_minute <= 1000000 && floor(tenant.requests_per_minute) == tenant.requests_per_minute
      )
    ])
    error_message = "requests_per_minute is a whole number from 1 to 1000000."
  }

  validation {
    condition     = alltrue([for tenant in values(var.tenants) : tenant.held_share == null ? true : tenant.held_share >= 0 && tenant.held_share <= 1])
    error_message = "held_share is from 0 to 1."
  }

  validation {
    condition = alltrue([
      for id in distinct([for tenant in values(var.tenants) : tenant.tenant_id]) :
      length(distinct([for tenant in values(var.tenants) : [tenant.requests_per_minute, tenant.held_share] if tenant.tenant_id == id])) == 1
    ])
    error_message = "Emails of one tenant have the same limits."
  }

  validation {
    condition     = length(jsonencode(var.tenants)) <= 24 * 1024
    error_message = "tenants must fit into 24 KiB of JSON: a function's environment holds 32 KiB."
  }
}

variable "ad_server_groups" {
  description = "Who may fetch plans, ask for decisions and report delivery: the email of an ad server's service account, and its group."
  type        = map(string)
  default     = {}

  validation {
    condition     = alltrue([for email in keys(var.ad_server_groups) : can(regex("^[^@\\s]+@[^@\\s]+$", email))])
    error_message = "Every key of ad_server_groups is an email."
  }

  validation {
    condition     = alltrue([for group in values(var.ad_server_groups) : can(regex("^[A-Za-z0-9][A-Za-z0-9._-]{0,31}$", group))])
    error_message = "A group has 1 to 32 letters, digits, dots, underscores and hyphens, the first a letter or digit."
  }
}

variable "notification_emails" {
  description = "Whom alerts are sent to."
  type        = list(string)
  default     = []

  validation {
    condition     = alltrue([for email in var.notification_emails : can(regex("^[^@\\s]+@[^@\\s]+$", email))])
    error_message = "Every entry of notification_emails is an email."
  }
}

variable "keep_warm" {
  description = "Whether the instances that topology.json keeps warm are kept. Without them an idle stack costs nothing and starts cold."
  type        = bool
  default     = true
}

variable "deletion_protection" {
  description = "Whether database, tables and bundles refuse to be destroyed. False only in order to tear the stack down."
  type        = bool
  default     = true
}
