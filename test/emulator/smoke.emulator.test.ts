// The smoke command as it is run after a deployment, against the real emulators.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { startStack, type Stack } from '../../emulators/stack.ts';
import { CANARY_MARKET } from '../../shared/cli/canary.ts';
import { CANARY_TENANT } from '../../shared/contracts/platform-tenant.ts';
import { refs } from '../../shared/store/allocation-store.ts';
import { createFirestoreStore } from '../../shared/store/firestore-store.ts';
import { clientsOf, newProject } from '../support/emulators.ts';

const andante = resolve(import.meta.dirname, '../../shared/cli/andante.ts');

interface Report {
  campaignId: string;
  steps: { step: string; ms: number; seen: string }[];
  stuck?: { step: string; mend: string };
}

describe('The smoke command', function () {
  this.timeout(60_000);
  let stack: Stack;
  before(async () => {
    stack = await startStack({ tickIntervalMs: 60_000, virtualTime: false, projectId: newProject() });
  });
  after(() => stack.stop());

  async function smoke(...options: string[]): Promise<{ exit: number | null; report: Report }> {
    const child = spawn(process.execPath, [andante, 'smoke', '--json', ...options], {
      env: { ...process.env, ...stack.env },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [stdout, [exit]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number | null]>]);
    return { exit, report: JSON.parse(stdout) as Report };
  }

  it('sees its canary go from Pub/Sub to the view of BigQuery, every time, and leaves neither campaign nor market', async () => {
    for (const run of [1, 2]) {
      const { exit, report } = await smoke();
      assert.equal(exit, 0, JSON.stringify(report));
      assert.equal(report.steps.length, 7, `run ${run}`);
      const clients = clientsOf(stack.projectId, stack.bigqueryEndpoint);
      try {
        const store = createFirestoreStore(clients.firestore);
        const found = await store.read([refs.campaign(CANARY_TENANT, report.campaignId), refs.market(CANARY_MARKET)]);
        assert.deepEqual(found, [undefined, undefined]);
        const [rows] = await clients.bigquery.query({
          query: `SELECT type, status_version FROM \`${stack.projectId}.andante.outcomes_once\`
            WHERE tenant_id = @tenant AND campaign_id = @campaign ORDER BY type`,
          params: { tenant: CANARY_TENANT, campaign: report.campaignId },
        });
        assert.deepEqual(
          (rows as { type: string }[]).map(({ type }) => type),
          ['campaign-refused', 'change-waiting'],
        );
      } finally {
        await clients.close();
      }
    }
  });

  it('says where it stuck while the functions are down, and passes when they are back', async () => {
    const [worker] = stack.workers;
    assert(worker);
    await worker.crash();
    const { exit, report } = await smoke('--timeout', '2');
    assert.equal(exit, 1);
    assert.equal(report.stuck?.step, 'campaign-status-changed keeps it for later');
    assert.match(report.stuck.mend, /Subscription campaign-status-changed pushes to function campaign-status-changed/);
    await worker.start();
    assert.equal((await smoke()).exit, 0);
  });
});
