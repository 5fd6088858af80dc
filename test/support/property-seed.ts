// Properties draw the same examples in every run, so that a change is told apart from luck. `PROPERTY_SEED=random` or a
// number looks elsewhere; what fails there prints its seed.
import fc from 'fast-check';

const FIXED_SEED = 20260302;
const { PROPERTY_SEED = `${FIXED_SEED}` } = process.env;
const seed = PROPERTY_SEED === 'random' ? undefined : Number(PROPERTY_SEED);
if (seed !== undefined && !Number.isInteger(seed)) throw new Error('PROPERTY_SEED is `random` or a whole number');

fc.configureGlobal(seed === undefined ? {} : { seed });
