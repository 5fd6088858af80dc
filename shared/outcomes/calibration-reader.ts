// The port to how well forecasts and quotes turned out. Implementations: bigquery-calibration.ts and memory-calibration.ts,
// held to one contract suite (test/contract).

/** All scored forecasts of one kind in one market by one model. A number is absent where nothing of its sort was scored. */
export interface Calibration {
  /** What was forecast: `market-supply-7d`, `full-spend`, `clicks`. */
  kind: string;
  /** Empty: quotes of whole campaigns. */
  market: string;
  modelId: string;
  n: number;
  /** Mean of log(what came / the middle of what was said). */
  bias?: number;
  /** Share of what came that lay inside its interval; 0.8 is meant. */
  coverage?: number;
  /** Mean squared error of the probability. */
  brier?: number;
  /** Expected calibration error over ten bins. */
  ece?: number;
  /** Days on which the first and the last of them were said, UTC. */
  firstDay: string;
  lastDay: string;
}

/** Probabilities of full spend between bin / 10 and (bin + 1) / 10. */
export interface ReliabilityBin {
  market: string;
  modelId: string;
  bin: number;
  n: number;
  /** Mean probability. */
  forecast: number;
  /** How often it came so. */
  observed: number;
}

/** How often what came lay inside its interval. */
export interface IntervalCoverage {
  kind: string;
  n: number;
  coverage: number;
}

/** Every method throws AndanteError OUTCOMES_UNAVAILABLE. */
export interface CalibrationReader {
  /** By kind, market and model; of one market, or of all and of whole campaigns. */
  calibration(market?: string): Promise<Calibration[]>;
  reliability(market?: string): Promise<ReliabilityBin[]>;
  /** Of what was said in a market since a day, by kind. */
  coverage(scope: { market: string; fromDay: string }): Promise<IntervalCoverage[]>;
}
