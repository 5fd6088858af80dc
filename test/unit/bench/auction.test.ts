import assert from 'node:assert/strict';
import { createRandom } from '../../../emulators/world/random.ts';
import { loadHighsSolver } from '../../../shared/cli/highs-solver.ts';
import { auctionBound, dualAt } from '../../bench/auction-bound.ts';
import { PENALTY, playAuctionDay, valueOf, type Policy } from '../../bench/auction-day.ts';
import { livePrices, staticDual, strictPriority } from '../../bench/auction-policies.ts';
import { drawAuctionWorld, PLAIN_WORLD, type AuctionSettings, type AuctionWorld } from '../../bench/auction-world.ts';

const small: AuctionSettings = { ...PLAIN_WORLD, seed: 3, traffic: 1_500, auctioned: 4, supplyError: 0.2, swing: 0.5 };
const settings: AuctionSettings[] = [
  small,
  { ...small, pricing: 'second', seed: 4 },
  { ...small, booked: 0.95, auctioned: 0, seed: 5 },
  { ...small, floor: 0.8, spotSigma: 1.5, seed: 6 },
];

function policiesOf(world: AuctionWorld): Policy[] {
  const toHouse: Policy = () => () => ({ line: -1, clickPriceMicros: 0, isOffer: false });
  return [toHouse, strictPriority(world), staticDual(world, drawAuctionWorld(world.settings, 1)), livePrices(world)];
}

function guaranteedMicros({ lines }: AuctionWorld): number {
  return lines.reduce((sum, { isAuctioned, budgetMicros }) => sum + (isAuctioned ? 0 : budgetMicros), 0);
}

describe('The mixed-auction bench', () => {
  it('has a bound that no policy passes, nor any other prices', async () => {
    const solver = await loadHighsSolver({ crossover: true });
    const random = createRandom('prices of money');
    for (const one of settings) {
      const world = drawAuctionWorld(one);
      const { value, possible } = auctionBound(solver, world, 1 + PENALTY);
      assert(possible <= value * (1 + 1e-9) && possible > 0.999 * value, `${possible} of ${value}`);
      for (const policy of policiesOf(world)) {
        const worth = valueOf(world, playAuctionDay(world, policy));
        assert(worth <= value - PENALTY * guaranteedMicros(world), `seed ${one.seed}: ${worth}`);
      }
      for (let round = 0; round < 10; round++) {
        const prices = Float64Array.from(world.lines, () => 4 * random());
        assert(dualAt(world, prices, 1 + PENALTY) >= possible * (1 - 1e-9));
      }
    }
  });

  it('delivers and charges nobody beyond the budget, and pays no more than what is worth it', () => {
    for (const one of settings) {
      const world = drawAuctionWorld(one);
      for (const policy of policiesOf(world)) {
        const { sold, paid, delivered } = playAuctionDay(world, policy);
        assert(paid <= sold * (1 + 1e-12), `${paid} paid for ${sold}`);
        world.lines.forEach(({ isAuctioned, budgetMicros }, line) => {
          assert((delivered[line] as number) <= (isAuctioned ? 0 : budgetMicros));
        });
      }
    }
  });

  it('counts a penalty for what is not delivered, and the floor for what the house keeps', () => {
    const world = drawAuctionWorld({ ...small, floor: 0.5 });
    const day = playAuctionDay(world, () => () => ({ line: -1, clickPriceMicros: 0, isOffer: false }));
    const floors = world.requests.cell.reduce((sum, cell) => sum + (world.floorCpmMicros[cell] as number) / 1000, 0);
    assert(Math.abs(day.sold / floors - 1) < 1e-9);
    assert.equal(valueOf(world, day), day.sold - PENALTY * guaranteedMicros(world));
  });

  it('draws the same world for the same seed, and another day of the same market', () => {
    const [one, same, other] = [drawAuctionWorld(small), drawAuctionWorld(small), drawAuctionWorld(small, 1)];
    assert.deepEqual(one, same);
    assert.deepEqual(one.lines, other.lines);
    assert.notDeepEqual(one.requests, other.requests);
  });
});
