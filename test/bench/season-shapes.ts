// Seasons of different kinds: how markets move, how well clicks are known, and how much of them is sold.

export interface SeasonShape {
  name: string;
  markets: number;
  weeks: number;
  /** Of each market. */
  listeners: number;
  /** About so many weeks of forecasts have been settled before the season begins. */
  pastWeeks: number;
  /** Standard deviations of logarithms: of a week's shock (half of it to double, by market), of a week's drift, of a segment's week. */
  shockSpread: number;
  weeklyDrift: number;
  segmentSpread: number;
  /** The least impressions that a cell's click rate is known from; up to ten times as many. */
  clickTrials: number;
  /** Orders of a market on a day. */
  orders: number;
  /** The share of orders of each kind. */
  cappedShare: number;
  auctionedShare: number;
  severalShare: number;
  streamingHazard: number;
}

const usual: SeasonShape = {
  name: 'usual',
  markets: 6,
  weeks: 24,
  listeners: 6_000,
  pastWeeks: 16,
  shockSpread: 0.15,
  weeklyDrift: 0.03,
  segmentSpread: 0.08,
  clickTrials: 4_000,
  orders: 1,
  cappedShare: 0.35,
  auctionedShare: 0.1,
  severalShare: 0.2,
  streamingHazard: 0.003,
};

export const seasonShapes = {
  usual,
  crowded: { ...usual, name: 'crowded', orders: 2 },
  calm: { ...usual, name: 'calm', shockSpread: 0.06, weeklyDrift: 0.01, segmentSpread: 0.03, orders: 0.6 },
  stormy: { ...usual, name: 'stormy', shockSpread: 0.3, weeklyDrift: 0.06, segmentSpread: 0.15 },
  young: { ...usual, name: 'young', pastWeeks: 3, clickTrials: 1_500 },
} satisfies Record<string, SeasonShape>;
