// The progress of a played world: a bar on a terminal, a line every tenth elsewhere.
import { SingleBar } from 'cli-progress';
import type { WorldProgress } from './world/run-world.ts';

export interface ProgressDisplay {
  update(progress: WorldProgress): void;
  stop(): void;
}

export function showProgress(days: number): ProgressDisplay {
  return process.stderr.isTTY ? bar(days) : lines();
}

function bar(days: number): ProgressDisplay {
  const display = new SingleBar({
    format: `Playing ${days === 1 ? 'a day' : `${days} days`} {bar} {percentage}%  {time}  {impressions} impressions, {clicks} clicks  {eta_formatted} left`,
    hideCursor: true,
    etaBuffer: 50,
  });
  display.start(1000, 0, { time: '', impressions: 0, clicks: 0 });
  return {
    update: (progress) =>
      display.update(Math.round(progress.share * 1000), {
        time: timeOf(progress),
        impressions: progress.impressions,
        clicks: progress.clicks,
      }),
    stop: () => display.stop(),
  };
}

function lines(): ProgressDisplay {
  let printed = -1;
  return {
    update: (progress) => {
      const tenth = Math.floor(progress.share * 10);
      if (tenth === printed) return;
      printed = tenth;
      console.error(
        `${String(tenth * 10).padStart(3)}%  ${timeOf(progress)}  ${progress.impressions} impressions, ${progress.clicks} clicks`,
      );
    },
    stop: () => undefined,
  };
}

function timeOf({ atMs, phase }: WorldProgress): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')}${phase === 'drain' ? ' (last clicks)' : ''}`;
}
