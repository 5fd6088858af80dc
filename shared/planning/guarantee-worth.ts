// What it is worth to keep a promise.

/**
 * What a unit of a guaranteed line's money is worth beside one of spot or auctioned money: what missing it costs is its refund, its
 * make-good and the trust of who booked it (the penalty of Balseiro, Feldman, Mirrokni and Muthukrishnan, Management Science 2014).
 */
export const GUARANTEE_WORTH = 3;
