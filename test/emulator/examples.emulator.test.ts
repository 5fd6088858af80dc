// The README's lines of curl, run by a shell as they stand there, against the functions on the real emulators. Every answer
// must be what the API's description says, and each operation of whoever books is among them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pauseFor } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startStack, type Stack } from '../../emulators/stack.ts';
import { idleDays, seedSupply } from '../../emulators/world-stack.ts';
import { builtInProfiles } from '../../emulators/world/market-profile.ts';
import { createPopulation } from '../../emulators/world/population.ts';
import { operations } from '../../shared/contracts/api-operations.ts';
import type { BookingAnswer } from '../../shared/contracts/bookings.ts';
import type { CampaignAnswerWire, ChangeAnswer, PreviewAnswer } from '../../shared/contracts/campaign-api.ts';
import type { QuoteAnswer } from '../../shared/contracts/quotes.ts';
import { createFirestoreStore } from '../../shared/store/firestore-store.ts';
import { assertDescribed } from '../support/api-answers.ts';
import { clientsOf, newProject } from '../support/emulators.ts';
import { TICK_MS } from '../support/instants.ts';

const run = promisify(execFile);
const readme = resolve(import.meta.dirname, '../../README.md');

/** Each answer goes into a file of its own, and what is known of it into a line. */
const RECORDING = `set -eu
curl() {
  local n=$(($(wc -l < "$OUT/answers") + 1))
  command curl -sS -o "$OUT/$n" -w '%{method}\\t%{url_effective}\\t%{http_code}\\t%{content_type}\\n' "$@" >> "$OUT/answers"
}
`;

interface Answer {
  operationId: string;
  status: number;
  body: string;
}

describe('The README’s lines of curl', function () {
  this.timeout(120_000);
  let stack: Stack;
  let clients: ReturnType<typeof clientsOf>;
  let folder: string;
  let blocks: string[];

  before(async () => {
    stack = await startStack({ projectId: newProject(), tickIntervalMs: TICK_MS, virtualTime: true });
    clients = clientsOf(stack.projectId, stack.bigqueryEndpoint);
    const { startAtMs, endAtMs } = idleDays(Date.now());
    const population = createPopulation({ seed: 1, profiles: builtInProfiles(2) });
    await seedSupply(createFirestoreStore(clients.firestore), population, startAtMs, endAtMs);
    folder = await mkdtemp(join(tmpdir(), 'andante-'));
    const [, section = ''] = (await readFile(readme, 'utf8')).split('\n## API\n');
    const [own = ''] = section.split('\n## ', 1);
    blocks = [...own.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block as string);
  });
  after(async () => {
    await rm(folder, { recursive: true });
    await clients.close();
    await stack.stop();
  });

  /** The answers to some lines, each as the description says it is. */
  async function answersTo(lines: string): Promise<Answer[]> {
    await writeFile(join(folder, 'answers'), '');
    const env = {
      ...process.env,
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      OUT: folder,
      FUNCTIONS_URL: stack.functionsUrl,
    };
    await run('bash', ['-c', RECORDING + lines], { env });
    const told = (await readFile(join(folder, 'answers'), 'utf8')).trimEnd().split('\n');
    return Promise.all(
      told.map(async (line, index) => {
        const [method = '', url = '', status, contentType] = line.split('\t');
        const body = await readFile(join(folder, String(index + 1)), 'utf8');
        const { pathname: path } = new URL(url);
        const answer = { status: Number(status), body };
        return { ...answer, operationId: assertDescribed({ ...answer, method, path, contentType }) };
      }),
    );
  }

  it('book, hold, confirm, let go and change, and are answered as the description says', async () => {
    const [setting = '', ...others] = blocks;
    const first = await answersTo(setting);
    assert.deepEqual(
      first.map(({ operationId, status }) => [operationId, status]),
      [
        ...[
          ['quote', 200],
          ['quote', 200],
          ['book', 201],
          ['confirmBooking', 200],
        ],
        ...[
          ['book', 201],
          ['releaseBooking', 200],
          ['book', 201],
          ['readBooking', 200],
        ],
      ],
    );
    const [one, lines, held, confirmed, , released, bulk, read] = first.map(({ body }) => linesOf(body));
    const [quoted] = one as QuoteAnswer[];
    assert(quoted?.whatIf?.length === 1 && quoted.available.clicks.mid > 0);
    assert.deepEqual(
      (lines as QuoteAnswer[]).map(({ requestId }) => requestId),
      ['se', 'de'],
    );
    const statuses = [held, confirmed, released].map((answer) => (answer as BookingAnswer[])[0]?.status);
    assert.deepEqual(statuses, ['held', 'confirmed', 'released']);
    for (const answer of [bulk, read] as BookingAnswer[][])
      assert.deepEqual(
        answer.at(-1)?.lines?.map(({ result }) => result),
        ['accepted', 'refused'],
      );

    const headers = { authorization: 'Bearer tenant:aurora-records' };
    while ((await fetch(`${stack.functionsUrl}/v1/campaigns/spring`, { headers })).status === 404) await pauseFor(100);
    const [assigned = ''] = setting.split('\n\n', 1);
    const second = await answersTo(assigned + '\n' + others.join('\n'));
    for (const { operationId, status, body } of second) assert.equal(status, 200, `${operationId}: ${body}`);
    const [campaign, preview, raised] = second.map(({ body }) => linesOf(body)[0]);
    assert.equal((campaign as CampaignAnswerWire).budgetMicros, 100_000_000);
    assert.equal((preview as PreviewAnswer).budget.afterMicros, 150_000_000);
    assert.equal((raised as ChangeAnswer).result, 'applied');

    const asked = new Set([...first, ...second].map(({ operationId }) => operationId));
    const missing = operations.filter(({ caller, operationId }) => caller !== 'adServer' && !asked.has(operationId));
    assert.deepEqual(
      missing.map(({ operationId }) => operationId),
      [],
    );
  });
});

/** One value, or one for each line. */
function linesOf(body: string): unknown[] {
  return body
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}
