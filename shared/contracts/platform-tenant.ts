// Whose what belongs to no tenant is.

/** Spelled as the tenant of what belongs to no tenant: ticks, plans, pages, reports. */
export const PLATFORM_TENANT = 'andante';

/** The tenant of the campaigns that `npm run andante -- smoke` sends through a deployment. */
export const CANARY_TENANT = 'andante-canary';

/** Nobody may be told to speak for these. */
export const reservedTenants: readonly string[] = [PLATFORM_TENANT, CANARY_TENANT];
