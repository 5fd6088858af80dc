// What is in the bundles that is not ours: a CycloneDX document, the same for the same bundles. `npm sbom` would list what
// is installed; this lists what esbuild put into each function, and what its lock has Google install beside it.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { PackageLock } from './package-lock.ts';

/** One bundled function: the packages whose code is in it, and those that are installed beside it, as paths of the lock. */
export interface Materials {
  name: string;
  sha256: string;
  bundled: readonly string[];
  installed: readonly string[];
}

/** CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/), as much of it as is used here. */
export interface BillOfMaterials {
  bomFormat: 'CycloneDX';
  specVersion: '1.6';
  serialNumber: string;
  version: 1;
  metadata: { component: Component; tools: { components: Component[] } };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

interface Component {
  type: 'application' | 'library';
  'bom-ref': string;
  group?: string;
  name: string;
  version: string;
  purl?: string;
  hashes?: { alg: 'SHA-256' | 'SHA-512'; content: string }[];
  licenses?: { expression: string }[];
  properties?: { name: string; value: string }[];
}

/** @param project of package.json: its version is the version of every function */
export function billOfMaterials(
  functions: readonly Materials[],
  lock: PackageLock,
  project: { name: string; version: string; license: string },
): BillOfMaterials {
  const paths = [...new Set(functions.flatMap(({ bundled, installed }) => [...bundled, ...installed]))];
  const libraries = new Map(paths.map((path) => [path, library(lock, path)]));
  const refOf = (path: string) => (libraries.get(path) as Component)['bom-ref'];
  const { version } = project;
  const applications = functions.map(({ name, sha256 }): Component => ({
    type: 'application',
    'bom-ref': `function:${name}`,
    name,
    version,
    hashes: [{ alg: 'SHA-256', content: sha256 }],
    licenses: [{ expression: project.license }],
    properties: [{ name: 'andante:file', value: `${name}.zip` }],
  }));
  // Two places of one package are one component.
  const byRef = new Map([...libraries.values()].map((component) => [component['bom-ref'], component]));
  const body = {
    metadata: {
      component: {
        type: 'application' as const,
        'bom-ref': project.name,
        name: project.name,
        version,
        licenses: [{ expression: project.license }],
      },
      tools: {
        components: [{ type: 'application' as const, 'bom-ref': 'build', name: 'functions/build.ts', version }],
      },
    },
    components: [...applications, ...[...byRef.values()].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1))],
    dependencies: [
      { ref: project.name, dependsOn: functions.map(({ name }) => `function:${name}`) },
      ...functions.map(({ name, bundled, installed }) => ({
        ref: `function:${name}`,
        dependsOn: [...new Set([...bundled, ...installed].map(refOf))].sort(),
      })),
    ],
  };
  return { bomFormat: 'CycloneDX', specVersion: '1.6', serialNumber: serialNumber(body), version: 1, ...body };
}

/** The package at a path of the lock; its name is where the path ends, scope and all. */
export function packageName(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

function library(lock: PackageLock, path: string): Component {
  const known = lock.packages[path];
  assert(known, `package-lock.json has no ${path}, whose code is in a bundle: run npm ci`);
  const { version, license, integrity } = known;
  const [scope, name] = packageName(path).startsWith('@')
    ? packageName(path).split('/')
    : [undefined, packageName(path)];
  const purl = `pkg:npm/${scope === undefined ? '' : `${encodeURIComponent(scope)}/`}${name}@${version}`;
  return {
    type: 'library',
    'bom-ref': purl,
    ...(scope === undefined ? {} : { group: scope }),
    name: name,
    version,
    purl,
    ...(integrity?.startsWith('sha512-')
      ? { hashes: [{ alg: 'SHA-512' as const, content: Buffer.from(integrity.slice(7), 'base64').toString('hex') }] }
      : {}),
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
  };
}

/** A UUID that is the document's own: of its content, so that the same bundles have the same one (RFC 9562, version 8). */
function serialNumber(body: unknown): string {
  const hex = createHash('sha256').update(JSON.stringify(body)).digest('hex');
  const variant = ((parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`, `${variant}${hex.slice(17, 20)}`];
  return `urn:uuid:${[...parts, hex.slice(20, 32)].join('-')}`;
}
