// Makes properties give the same verdict on the same mutant every time: one seed, and no shrinking of what failed.
import fc from 'fast-check';

fc.configureGlobal({ seed: 20260302, endOnFailure: true });
