// Mutation testing (`npm run mutate`) of what decides and stores money: campaign, pacing, store. Ten minutes on one core; not
// run in CI. One file: `npm run mutate -- --mutate shared/pacing/grant-leases.ts`.
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const cache = 'node_modules/.cache/stryker';

export default {
  plugins: ['./test/mutation/mocha-runner.ts'],
  testRunner: 'mocha',
  coverageAnalysis: 'perTest',
  // firestore-store.ts is left out: it needs the Firestore emulator. Its contract suite runs against memory-store.ts here.
  mutate: ['shared/{campaign,pacing,store}/**/*.ts', '!shared/store/firestore-store.ts'],
  mochaOptions: {
    'no-config': true,
    'no-package': true,
    require: ['test/mutation/no-shrinking.ts'],
    // What fails fast comes first; the long properties come last.
    spec: [
      'test/unit/{pacing,campaign,planning,outcomes}/**/*.test.ts',
      'test/unit/runtime/delivery*.test.ts',
      'test/contract/memory.test.ts',
      'test/unit/store/!(huge-amounts|oversell).test.ts',
      'test/unit/store/{huge-amounts,oversell}.test.ts',
    ],
  },
  // Nothing type-checks in the sandbox: Node strips types.
  disableTypeChecks: false,
  // Node does not strip types below a folder called node_modules, so the sandbox cannot be in the cache.
  tempDirName: join(tmpdir(), 'andante-mutate'),
  incrementalFile: `${cache}/incremental.json`,
  concurrency: 1,
  // A busy machine makes no mutant look like an endless loop.
  timeoutMS: 20_000,
  allowConsoleColors: false,
  reporters: ['clear-text', 'progress-append-only', 'html', 'json'],
  htmlReporter: { fileName: `${cache}/mutation.html` },
  jsonReporter: { fileName: `${cache}/mutation.json` },
  clearTextReporter: { reportTests: false },
  thresholds: { high: 95, low: 90, break: 90 },
};
