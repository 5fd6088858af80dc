import assert from 'node:assert/strict';
import { importsOf, read, sourceFiles } from './source-tree.ts';

/** What each layer may import of ours, and which packages; `shared/contracts` is open to all. */
const layers: Record<string, { own: string[]; packages?: RegExp }> = {
  'shared/forecasting/': { own: [] },
  'shared/planning/': { own: ['shared/forecasting/'] },
  'shared/pacing/': { own: ['shared/forecasting/'] },
  'shared/auction/': { own: ['shared/planning/', 'shared/pacing/', 'shared/forecasting/'] },
  'shared/campaign/': { own: ['shared/planning/', 'shared/pacing/', 'shared/forecasting/'] },
  'shared/quoting/': {
    own: ['shared/campaign/', 'shared/planning/', 'shared/pacing/', 'shared/forecasting/'],
  },
  'shared/contracts/': {
    own: ['shared/runtime/errors.ts'],
    packages: /^(typebox|ajv|node:fs\/promises|node:path|esbuild|prettier|openapi-typescript|ajv\/.*)$/,
  },
  'shared/bus/': {
    own: ['shared/runtime/errors.ts', 'shared/runtime/handling.ts'],
    packages: /^@google-cloud\/pubsub$/,
  },
  'shared/store/': {
    own: [
      'shared/campaign/',
      'shared/quoting/',
      'shared/planning/',
      'shared/forecasting/',
      'shared/runtime/errors.ts',
      'shared/runtime/handling.ts',
    ],
    packages: /^(@google-cloud\/firestore|node:crypto|node:zlib)$/,
  },
  'shared/outcomes/': {
    own: [
      'shared/bus/event-bus.ts',
      'shared/store/',
      'shared/campaign/',
      'shared/forecasting/',
      'shared/runtime/errors.ts',
      'shared/runtime/handling.ts',
      'shared/runtime/log.ts',
    ],
    packages: /^@google-cloud\/bigquery$/,
  },
  'shared/reconcile/': {
    own: [
      'shared/outcomes/',
      'shared/store/',
      'shared/campaign/',
      'shared/forecasting/',
      'shared/runtime/errors.ts',
      'shared/runtime/log.ts',
    ],
  },
  'shared/runtime/': {
    own: ['shared/store/'],
    packages:
      /^(pino|google-auth-library|typebox|@google-cloud\/functions-framework|node:async_hooks|node:crypto|node:diagnostics_channel|node:stream|node:stream\/promises)$/,
  },
};
const pure = [
  'shared/forecasting',
  'shared/planning',
  'shared/pacing',
  'shared/auction',
  'shared/campaign',
  'shared/quoting',
];

describe('Imports', () => {
  for (const [layer, { own, packages }] of Object.entries(layers)) {
    it(`keep ${layer} above what it may know`, async () => {
      for (const file of await sourceFiles(layer)) {
        for (const { target } of await importsOf(file)) {
          const isOwn = /^(shared|functions|emulators|test|terraform)\//.test(target);
          const isAllowed = isOwn
            ? [layer, 'shared/contracts/', ...own].some((allowed) => target.startsWith(allowed))
            : target === 'node:assert/strict' || (packages?.test(target) ?? false);
          assert(isAllowed, `${file} imports ${target}`);
        }
      }
    });
  }

  it('never reach from functions or shared into test or emulators', async () => {
    for (const file of await sourceFiles('functions', 'shared', 'terraform')) {
      for (const { target } of await importsOf(file))
        assert(!/^(test|emulators)\//.test(target), `${file} imports ${target}`);
    }
  });

  it('let no function know another', async () => {
    for (const file of await sourceFiles('functions')) {
      const [, own, inside] = file.split('/');
      // Beside the functions: what lists, builds and deploys them.
      if (inside === undefined) continue;
      for (const { target } of await importsOf(file))
        assert(
          !target.startsWith('functions/') || target.startsWith(`functions/${own as string}/`),
          `${file} imports ${target}`,
        );
    }
  });

  it('give handlers no vendor SDK: those come in through ports', async () => {
    for (const file of (await sourceFiles('functions')).filter((name) => name.endsWith('/handler.ts'))) {
      for (const { target } of await importsOf(file)) {
        assert(!/^(@google-cloud|pino|google-auth-library)/.test(target), `${file} imports ${target}`);
        assert(
          !/-(store|log|bus)\.ts$/.test(target) || /\/(allocation-store|outcome-log|event-bus)\.ts$/.test(target),
          `${file} imports ${target}`,
        );
      }
    }
  });

  it('have no cycles', async () => {
    const graph = new Map<string, string[]>();
    for (const file of await sourceFiles('functions', 'shared', 'emulators', 'terraform')) {
      graph.set(
        file,
        (await importsOf(file)).filter(({ isTypeOnly }) => !isTypeOnly).map(({ target }) => target),
      );
    }
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]) => {
      assert(!path.includes(file), `${[...path.slice(path.indexOf(file)), file].join(' -> ')}`);
      if (done.has(file)) return;
      for (const next of graph.get(file) ?? []) if (graph.has(next)) visit(next, [...path, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
  });
});

describe('The pure folders', () => {
  it('have no clock, no randomness, no I/O and no await', async () => {
    for (const file of await sourceFiles(...pure)) {
      const code = (await read(file)).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
      assert.doesNotMatch(
        code,
        /\bDate\.now\b|\bMath\.random\b|\bawait\b|\bprocess\.|\bsetTimeout\b|\bfetch\(|new Date\(\)/,
        file,
      );
    }
  });
});

describe('The environment', () => {
  it('is read by shared/runtime/config.ts alone', async () => {
    for (const file of await sourceFiles('functions', 'shared')) {
      if (file === 'shared/runtime/config.ts') continue;
      assert.doesNotMatch(await read(file), /process\.env/, file);
    }
  });
});
