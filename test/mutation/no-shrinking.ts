// Properties give the same verdict on the same mutant every time, and do not shrink what failed.
import fc from 'fast-check';
import '../support/property-seed.ts';

fc.configureGlobal({ ...fc.readConfigureGlobal(), endOnFailure: true });
