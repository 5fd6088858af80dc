// `npm run build`: one bundle per function under dist/, with the package.json that the functions runtime asks for.
// What esbuild cannot bundle (native or optional parts of the Google clients) stays external and is none of ours.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { build, type BuildOptions } from 'esbuild';
import { readTopology } from '../terraform/topology.ts';

const root = resolve(import.meta.dirname, '..');

const FRAMEWORK = '@google-cloud/functions-framework';

/** How every bundle is made; the cold-start benchmark makes its bare functions the same way. */
export const bundleOptions = {
  bundle: true,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  minify: true,
  legalComments: 'none',
  // The framework starts the process and keeps the list of functions: a second copy of it would keep another list.
  external: [FRAMEWORK],
  // CommonJS dependencies ask for these by name.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; import { dirname as __dirnameOf } from 'node:path'; import { fileURLToPath as __toPath } from 'node:url'; const require = __createRequire(import.meta.url); const __filename = __toPath(import.meta.url); const __dirname = __dirnameOf(__filename);",
  },
  logLevel: 'error',
} satisfies BuildOptions;

export interface Bundle {
  name: string;
  file: string;
  bytes: number;
}

/** Bundles every function of the topology into `outDir`, replacing what is there. */
export async function buildFunctions(outDir: string): Promise<Bundle[]> {
  const { functions } = await readTopology();
  await rm(outDir, { recursive: true, force: true });
  const { version } = JSON.parse(await readFile(resolve(root, 'node_modules', FRAMEWORK, 'package.json'), 'utf8')) as {
    version: string;
  };
  const bundles: Bundle[] = [];
  for (const name of Object.keys(functions)) {
    const dir = resolve(outDir, name);
    await mkdir(dir, { recursive: true });
    const file = resolve(dir, 'index.js');
    await build({ ...bundleOptions, entryPoints: [resolve(import.meta.dirname, name, 'index.ts')], outfile: file });
    const manifest = {
      name,
      type: 'module',
      main: 'index.js',
      engines: { node: '24' },
      dependencies: { [FRAMEWORK]: version },
    };
    await writeFile(resolve(dir, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
    bundles.push({ name, file, bytes: (await readFile(file)).byteLength });
  }
  return bundles;
}

if (import.meta.main) {
  const bundles = await buildFunctions(resolve(root, 'dist'));
  for (const { name, bytes } of bundles) console.log(`dist/${name}/index.js  ${(bytes / 1024).toFixed(0)} KiB`);
}
