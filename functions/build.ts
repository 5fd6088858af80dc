// `npm run build`: one bundle per function under dist/, with the package.json and the lock that the functions runtime asks
// for, each as a zip that is the same byte for byte wherever it is made; what is in them (sbom.json); and their hashes
// (manifest.json). What esbuild cannot bundle (native or optional parts of the Google clients) stays external and is none
// of ours.
import { createHash } from 'node:crypto';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { build, type BuildOptions, type Metafile } from 'esbuild';
import { readTopology } from '../terraform/topology.ts';
import { billOfMaterials, packageName, type Materials } from './bill-of-materials.ts';
import { lockFor, neededPaths, type PackageLock } from './package-lock.ts';
import { zipFiles } from './zip-files.ts';

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
  // Paths in what esbuild writes are relative to here, wherever it is called from.
  absWorkingDir: root,
  // The framework starts the process and keeps the list of functions: a second copy of it would keep another list.
  // A package that debug colours its lines with where it is installed: here a tool of development has brought it.
  external: [FRAMEWORK, 'supports-color'],
  // CommonJS dependencies ask for these by name.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; import { dirname as __dirnameOf } from 'node:path'; import { fileURLToPath as __toPath } from 'node:url'; const require = __createRequire(import.meta.url); const __filename = __toPath(import.meta.url); const __dirname = __dirnameOf(__filename);",
  },
  logLevel: 'error',
} satisfies BuildOptions;

export interface Bundle {
  name: string;
  /** The bundled program. */
  file: string;
  /** Of the program. */
  bytes: number;
  /** What is deployed: the program, its package.json and its lock. */
  zip: string;
  zipBytes: number;
  /** Of the zip, hexadecimal. */
  sha256: string;
  /** `name@version` of the packages whose code is in the program, sorted. */
  packages: string[];
}

/** Bundles every function of the topology into `outDir`, replacing what is there. */
export async function buildFunctions(
  outDir: string,
  onBundle: (bundle: Bundle) => void = () => undefined,
): Promise<Bundle[]> {
  const { functions } = await readTopology();
  const lock = JSON.parse(await readFile(resolve(root, 'package-lock.json'), 'utf8')) as PackageLock;
  await rm(outDir, { recursive: true, force: true });
  const bundles: Bundle[] = [];
  const materials: Materials[] = [];
  for (const name of Object.keys(functions)) {
    const { bundle, bundled } = await buildFunction(name, resolve(outDir), lock);
    bundles.push(bundle);
    materials.push({ name, sha256: bundle.sha256, bundled, installed: neededPaths(lock, FRAMEWORK) });
    onBundle(bundle);
  }
  const project = JSON.parse(await readFile(resolve(root, 'package.json'), 'utf8')) as Parameters<
    typeof billOfMaterials
  >[2];
  await writeJson(resolve(outDir, 'sbom.json'), billOfMaterials(materials, lock, project));
  await writeJson(resolve(outDir, 'manifest.json'), { functions: bundles.map(listed) });
  return bundles;
}

async function buildFunction(name: string, outDir: string, lock: PackageLock) {
  const dir = resolve(outDir, name);
  await mkdir(dir, { recursive: true });
  const file = resolve(dir, 'index.js');
  const entryPoints = [resolve(import.meta.dirname, name, 'index.ts')];
  const { metafile } = await build({ ...bundleOptions, entryPoints, outfile: file, metafile: true });
  const manifest = {
    name,
    type: 'module',
    main: 'index.js',
    engines: { node: '24' },
    dependencies: { [FRAMEWORK]: (lock.packages[`node_modules/${FRAMEWORK}`] as { version: string }).version },
  };
  await writeJson(resolve(dir, 'package.json'), manifest);
  await writeJson(resolve(dir, 'package-lock.json'), lockFor(lock, manifest));
  const contents: Record<string, Uint8Array> = {};
  for (const part of ['index.js', 'package.json', 'package-lock.json'])
    contents[part] = await readFile(resolve(dir, part));
  const zip = resolve(outDir, `${name}.zip`);
  await zipFiles(contents, zip);
  const zipped = await readFile(zip);
  const bundled = bundledPaths(metafile);
  const bundle: Bundle = {
    name,
    file,
    bytes: (contents['index.js'] as Uint8Array).byteLength,
    zip,
    zipBytes: zipped.byteLength,
    sha256: createHash('sha256').update(zipped).digest('hex'),
    packages: [...new Set(bundled.map((path) => `${packageName(path)}@${lock.packages[path]?.version ?? '?'}`))].sort(),
  };
  return { bundle, bundled };
}

/** The packages of which something is left in the bundle, as paths of package-lock.json, sorted. */
function bundledPaths({ outputs }: Metafile): string[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const paths = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .flatMap(([input]) => /(?:node_modules\/(?:@[^/]+\/)?[^/]+\/)+/.exec(input)?.[0].slice(0, -1) ?? []);
  return [...new Set(paths)].sort();
}

/** A bundle's entry in manifest.json. */
function listed({ name, zip, zipBytes, sha256, packages }: Bundle) {
  return { name, file: zip.slice(zip.lastIndexOf('/') + 1), bytes: zipBytes, sha256, packages };
}

async function writeJson(file: string, value: unknown): Promise<void> {
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
}

const USAGE = `npm run build -- [options]

Makes dist/NAME/ and dist/NAME.zip for every function of terraform/topology.json, dist/sbom.json (CycloneDX: whose code is
in each of them) and dist/manifest.json (file, bytes, sha256 and packages of each). The same sources and the same
package-lock.json make the same bytes on any machine.

  --out DIR   instead of dist
  --json      print the manifest as the last line
  --help      this text

Exit codes: 0 built, 1 not, 2 the command line is wrong`;

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));

async function main(args: string[]): Promise<number> {
  let values: { out?: string; json?: boolean; help?: boolean };
  try {
    const options = { out: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean' } } as const;
    values = parseArgs({ args, options }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return 2;
  }
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const say = values.json ? console.error : console.log;
  const bundles = await buildFunctions(resolve(values.out ?? resolve(root, 'dist')), ({ zip, zipBytes, sha256 }) => {
    say(`${relative(process.cwd(), zip)}  ${(zipBytes / 1024).toFixed(0)} KiB  sha256 ${sha256}`);
  });
  if (values.json) console.log(JSON.stringify({ functions: bundles.map(listed) }));
  return 0;
}
