// What an order asks of serving beside its audience: caps, artist and release, what it shows, how its money is spread.
import type { CampaignCreatedWire } from '../../shared/contracts/events.ts';
import { drawInteger, drawOne } from './draws.ts';
import type { Random } from './random.ts';

type Subcampaign = CampaignCreatedWire['data']['subcampaigns'][number];

/** The terms of all parts of one campaign, and how much of its audience they leave to it: supply is sold without them. */
export interface DrawnTerms {
  terms: Partial<Subcampaign>;
  openShare: number;
}

/** Most campaigns are guaranteed and have a daily cap per listener; some are auctioned, full-screen, explicit, or once per release. */
export function drawServingTerms(random: Random): DrawnTerms {
  const artist = drawInteger(random, 1, ARTISTS);
  const kind = random();
  const cap = drawCap(random);
  const isExplicit = random() < 0.15;
  const hasAge = random() < 0.1;
  const isFullScreen = random() < 0.15;
  const creative = random();
  return {
    terms: {
      artistId: `artist-${artist}`,
      ...(kind < AUCTIONED_SHARE ? { isAuctioned: true as const } : {}),
      ...cap.terms(artist),
      ...(isExplicit ? { isExplicit: true as const } : {}),
      ...(hasAge ? { minimumAge: 18 } : {}),
      ...(isFullScreen ? { isFullScreen: true as const } : {}),
      ...(creative < 0.3 ? { creativeId: creativeOf(artist) } : {}),
      ...drawPacing(random),
    },
    openShare: cap.openShare * (hasAge ? 0.8 : 1) * (isExplicit ? 0.94 : 1),
  };
}

const ARTISTS = 14;

/** The creatives that orders name: operators have approved all of them. */
export const CREATIVES = Array.from({ length: ARTISTS }, (_, index) => creativeOf(index + 1));

function creativeOf(artist: number): string {
  return `creative-${artist}`;
}

const AUCTIONED_SHARE = 0.15;

/** A listener who comes on a day comes two to three times: a cap leaves so much of the requests. */
const CAPS: { weight: number; openShare: number; terms: (artist: number) => Partial<Subcampaign> }[] = [
  { weight: 0.35, openShare: 0.7, terms: () => ({ perListenerDay: 3 }) },
  { weight: 0.2, openShare: 0.55, terms: () => ({ perListenerDay: 2 }) },
  { weight: 0.1, openShare: 0.35, terms: () => ({ perListenerDay: 1 }) },
  { weight: 0.1, openShare: 0.7, terms: () => ({ perListenerDay: 3, perListenerFlight: 6 }) },
  { weight: 0.08, openShare: 0.12, terms: (artist) => ({ releaseId: `release-${artist}` }) },
  { weight: 0.17, openShare: 1, terms: () => ({}) },
];

function drawCap(random: Random): (typeof CAPS)[number] {
  let drawn = random();
  return CAPS.find(({ weight }) => (drawn -= weight) < 0) ?? (CAPS[0] as (typeof CAPS)[number]);
}

function drawPacing(random: Random): Partial<Subcampaign> {
  const pacing = drawOne(random, ['even', 'even', 'even', 'asap', 'front-loaded', 'custom'] as const);
  if (pacing === 'even') return {};
  if (pacing !== 'custom') return { pacing };
  return { pacing, spendCurve: [{ trafficShare: 0.5, spendShare: drawOne(random, [0.35, 0.65]) }] };
}
