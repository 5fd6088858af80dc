// Whose what belongs to no tenant is.

/** Spelled as the tenant of what belongs to no tenant: ticks, plans, pages, reports. */
export const PLATFORM_TENANT = 'andante';
