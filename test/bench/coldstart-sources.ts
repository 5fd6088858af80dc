// Sources of what `bench coldstart` bundles: a bare function with the Google clients of one of ours, and one of ours with
// a door to what its first event prepares.
import { build } from 'esbuild';
import { bundleOptions } from '../../functions/build.ts';

/** The Google clients that a function can import, each by its package. */
const clients = {
  '@google-cloud/firestore': {
    bare: { imports: ['Firestore'], make: "new Firestore({ projectId: process.env['GOOGLE_CLOUD_PROJECT'] })" },
    ours: {
      from: './shared/store/firestore-store.ts',
      imports: ['openFirestoreStore'],
      make: 'openFirestoreStore(config)',
    },
  },
  '@google-cloud/bigquery': {
    bare: { imports: ['BigQuery'], make: "new BigQuery({ projectId: process.env['GOOGLE_CLOUD_PROJECT'] })" },
    ours: { from: './shared/outcomes/bigquery-log.ts', imports: ['openBigQueryLog'], make: 'openBigQueryLog(config)' },
  },
  '@google-cloud/pubsub': {
    bare: { imports: ['PubSub'], make: "new PubSub({ projectId: process.env['GOOGLE_CLOUD_PROJECT'] })" },
    ours: { from: './shared/bus/pubsub-bus.ts', imports: ['openPubSubBus'], make: 'openPubSubBus(config)' },
  },
} as const;

export type Client = keyof typeof clients;

/** The Google clients that our own files import on the way from `entry`. */
export async function clientsOf(entry: string): Promise<Client[]> {
  const { metafile } = await build({
    ...bundleOptions,
    entryPoints: [entry],
    write: false,
    outdir: 'unused',
    metafile: true,
  });
  const found = new Set(
    Object.entries(metafile.inputs)
      .filter(([file]) => !file.includes('node_modules/'))
      .flatMap(([, { imports }]) => imports)
      // What is imported on demand costs nothing at load, here and there.
      .filter(({ kind }) => kind === 'import-statement')
      .map(({ original }) => original),
  );
  return (Object.keys(clients) as Client[]).filter((client) => found.has(client));
}

/** A function that does nothing but hold its clients. */
export function bareSource(name: string, of: readonly Client[], isHttp: boolean): string {
  const register = isHttp
    ? `http(${JSON.stringify(name)}, (_request, response) => void response.end(String(prepare().length)));`
    : `cloudEvent(${JSON.stringify(name)}, async () => void prepare());`;
  return [
    `import { ${isHttp ? 'http' : 'cloudEvent'} } from '@google-cloud/functions-framework';`,
    ...of.map((client) => `import { ${clients[client].bare.imports.join(', ')} } from '${client}';`),
    'let made;',
    `export const prepare = () => (made ??= [${of.map((client) => clients[client].bare.make).join(', ')}]);`,
    register,
  ].join('\n');
}

/** One of ours, and what its root builds on first use. */
export function preparedSource(name: string, of: readonly Client[]): string {
  return [
    `import './functions/${name}/index.ts';`,
    "import { openProcess } from './shared/runtime/process.ts';",
    ...of.map((client) => `import { ${clients[client].ours.imports.join(', ')} } from '${clients[client].ours.from}';`),
    `export const prepare = () => { const { config, log } = openProcess(); return [log, ${of.map((client) => clients[client].ours.make).join(', ')}]; };`,
  ].join('\n');
}
