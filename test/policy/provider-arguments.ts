// The arguments that the provider knows, compared with those that are written. They are not a part of this repository: their
// file lies beside it, or where PROVIDER_ARGUMENTS says; without it only the types listed here are compared.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { topologyDir } from '../../terraform/topology.ts';
import { placeOf, type Block, type Body } from './configuration.ts';

type Need = 'required' | 'optional' | 'output';
/** By nested path joined by `_`, '' being the resource itself: the arguments there. */
type Arguments = Record<string, Record<string, Need>>;
export type Provider = Record<string, Arguments>;

const metaArguments = new Set([
  'for_each',
  'count',
  'depends_on',
  'lifecycle',
  'provider',
  'provisioner',
  'connection',
  'timeouts',
]);
const iamMember: Record<string, Need> = {
  role: 'required',
  member: 'required',
  condition: 'optional',
  project: 'optional',
};

/** What the file lacks. */
const documented: Provider = {
  google_artifact_registry_repository_iam_member: {
    '': { repository: 'required', location: 'optional', ...iamMember },
  },
  google_firebaserules_release: { '': { name: 'required', ruleset_name: 'required', project: 'optional' } },
  google_firebaserules_ruleset: {
    '': { source: 'required', project: 'optional' },
    source: { files: 'required', language: 'optional' },
    source_files: { content: 'required', name: 'required', fingerprint: 'optional' },
  },
};
/** Arguments that the file forgot. */
const forgotten: Provider = {
  google_bigquery_table: { '': { schema: 'optional' } },
};

export function defaultArgumentsPath(): string {
  return (
    process.env['PROVIDER_ARGUMENTS'] ?? resolve(topologyDir, '../../shared/terraform/google-provider-arguments.json')
  );
}

/** Undefined when there is no such file. */
export function readProvider(path: string): Provider | undefined {
  if (!existsSync(path)) return undefined;
  return (JSON.parse(readFileSync(path, 'utf8')) as { resources: Provider }).resources;
}

/** What is written and unknown, or needed and not written. `provider` is undefined when its file is not there. */
export function checkArguments(blocks: readonly Block[], provider: Provider | undefined): string[] {
  return blocks
    .filter(({ kind }) => kind === 'resource')
    .flatMap((block) => {
      const known = argumentsOf(block.type, provider);
      if (known === undefined) {
        return provider === undefined && block.type.startsWith('google_')
          ? []
          : [`${placeOf(block)}: the provider has no ${block.type}`];
      }
      return checkBody(block.body, known, []).map((problem) => `${placeOf(block)}: ${problem}`);
    });
}

function argumentsOf(type: string, provider: Provider | undefined): Arguments | undefined {
  const own = provider?.[type] ?? documented[type];
  if (own === undefined) return undefined;
  const all = { ...own, '': { ...own[''], ...forgotten[type]?.[''] } };
  if (!type.endsWith('_iam_member')) return all;
  // The file lists the arguments of member, binding and policy together.
  const shared = ['policy_data', 'service', 'audit_log_config', 'condition'];
  const top = Object.fromEntries(Object.entries(all['']).filter(([name]) => !shared.includes(name)));
  return {
    '': { ...top, ...iamMember, ...(type.startsWith('google_project_') ? { project: 'required' as const } : {}) },
    condition: { title: 'required', expression: 'required', description: 'optional' },
  };
}

function checkBody(body: Body, known: Arguments, path: string[]): string[] {
  // Some documentation names a block by itself, some with what it is in.
  const names = known[path.join('_')] ?? known[path.at(-1) ?? ''] ?? {};
  const dynamic = (body['dynamic'] ?? {}) as Record<string, Body[]>;
  const written = [...Object.keys(body).filter((name) => name !== 'dynamic'), ...Object.keys(dynamic)];
  const at = (name: string) => [...path, name].join('.');
  return [
    ...written
      .filter(
        (name) =>
          !(path.length === 0 && metaArguments.has(name)) && (names[name] === undefined || names[name] === 'output'),
      )
      .map((name) => `${at(name)} is no argument: remove it`),
    ...Object.entries(names)
      .filter(([name, need]) => need === 'required' && (!written.includes(name) || body[name] === null))
      .map(([name]) => `${at(name)} is missing: it is required`),
    ...written.flatMap((name) => {
      if (path.length === 0 && metaArguments.has(name)) return [];
      const isBlock =
        known[[...path, name].join('_')] !== undefined || (known[name] !== undefined && path.length === 0);
      const inner = dynamic[name]?.flatMap(({ content }) => content as Body[]) ?? body[name];
      if (!isBlock) return [];
      if (!Array.isArray(inner)) return [`${at(name)} is a block: write it without =`];
      return (inner as Body[]).flatMap((one) => checkBody(one, known, [...path, name]));
    }),
  ];
}
