// A BigQuery in which nothing was ever observed: for functions that are only there to be knocked at.
import type { FeatureReader } from '../../shared/outcomes/feature-reader.ts';

const nothing = async () => [];

export const noFeatures: FeatureReader = {
  markets: nothing,
  supplyHours: nothing,
  inputDays: nothing,
  listeners: nothing,
  responses: nothing,
  arrivals: nothing,
  pastErrors: nothing,
};
