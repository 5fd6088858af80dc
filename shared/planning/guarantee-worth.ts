// What it is worth to keep a promise.

/**
 * What a unit of a guaranteed line's money is worth in a plan, where a unit of spot or auctioned money is worth 1. Missing a unit costs
 * the unit itself, its make-good and the trust of who booked it (the penalty of Balseiro, Feldman, Mirrokni and Muthukrishnan,
 * Management Science 2014): 1 and a penalty of 3 are 4. It is 6 because plans rest on forecasts: a line at 4 gives way to dear offers
 * that turn up early in a day that later falls short. With 65% of supply booked and supply off by 20%, 4 leaves up to 2.6% of the
 * guaranteed money undelivered, 6 about 1%, for 0.15% of the value at that penalty; 8 delivers all of it, but costs 3% of the value
 * of a day that is short. While supply is plentiful all of them serve alike (`npm run bench -- auction`).
 */
export const GUARANTEE_WORTH = 6;
