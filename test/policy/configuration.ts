// The Terraform configuration as it is written: the blocks of all files, from a parser of HCL, and the text of every file
// that they read.
import { readdir, readFile } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { posix, relative, resolve } from 'node:path';
import hcl from '@cdktn/hcl2json';
import { topologyDir } from '../../terraform/topology.ts';
import { compileTemplate } from './template.ts';

/** Attributes and nested blocks as the parser gives them: blocks are lists of bodies, expressions are `${...}`. */
export type Body = Record<string, unknown>;

export interface Block {
  kind:
    | 'resource'
    | 'data'
    | 'variable'
    | 'output'
    | 'locals'
    | 'provider'
    | 'terraform'
    | 'moved'
    | 'removed'
    | 'import'
    | 'check';
  /** The resource's type; empty for other blocks. */
  type: string;
  /** Empty where a block has none. */
  name: string;
  body: Body;
  file: string;
}

export interface Configuration {
  /** Of every file in terraform/, by its path there. */
  texts: ReadonlyMap<string, string>;
  blocks: Block[];
  /** The values of environments/*.tfvars, by file. */
  environments: Map<string, Body>;
}

/** What a block is called in a finding: `pubsub.tf: google_pubsub_topic.topic`. */
export function placeOf({ file, kind, type, name }: Block): string {
  const own = kind === 'resource' ? `${type}.${name}` : [kind, type, name].filter(Boolean).join('.');
  return `${file}: ${own}`;
}

const bundles = '../dist/';
const parsed = new Map<string, Promise<Body>>();

export async function readTexts(): Promise<Map<string, string>> {
  const entries = await readdir(topologyDir, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => resolve(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(
      paths.map(async (path): Promise<[string, string]> => [relative(topologyDir, path), await readFile(path, 'utf8')]),
    ),
  );
}

/** @throws when a file is no HCL */
export async function readConfiguration(texts: ReadonlyMap<string, string>): Promise<Configuration> {
  const modules = [...texts].filter(([path]) => /^[^/]+\.tf$/.test(path));
  const values = [...texts].filter(([path]) => /^environments\/.*\.tfvars$/.test(path));
  const blocks = await Promise.all(modules.map(async ([file, text]) => blocksOf(await parse(file, text), file)));
  const environments = await Promise.all(
    values.map(async ([file, text]): Promise<[string, Body]> => [file, await parse(file, text)]),
  );
  return { texts, blocks: blocks.flat(), environments: new Map(environments) };
}

/**
 * A file that the configuration reads, as Terraform would find it. Bundles stand for themselves: they are there after a build.
 * @throws when there is no such file
 */
export function readModuleFile({ texts }: Pick<Configuration, 'texts'>, path: string): Buffer {
  const own = posix.normalize(path);
  if (own.startsWith(bundles)) return Buffer.from(own);
  const text = texts.get(own);
  if (text !== undefined) return Buffer.from(text);
  if (own.startsWith('../')) return readFileSync(resolve(topologyDir, own));
  throw new Error(`there is no file ${path}`);
}

/** Every expression in a value of the parser, with the path of names to it. */
export function expressionsIn(value: unknown, path: string[] = []): { path: string[]; text: string }[] {
  if (typeof value === 'string') return value.includes('{') ? [{ path, text: value }] : [];
  if (value === null || typeof value !== 'object') return [];
  const own = Array.isArray(value) ? [] : Object.keys(value).flatMap((key) => expressionsIn(key, path));
  return [...own, ...Object.entries(value).flatMap(([key, inner]) => expressionsIn(inner, [...path, key]))];
}

/** The traversals in a block: `['var', 'region']`. Not types of variables, nor what only Terraform itself understands. */
export function referencesIn(block: Block): string[][] {
  const { kind } = block;
  if (kind === 'terraform' || kind === 'moved' || kind === 'removed' || kind === 'import') return [];
  const iterators = dynamicNames(block.body);
  return expressionsIn(block.body)
    .filter(({ path }) => !(kind === 'variable' && path[0] === 'type') && !path.includes('ignore_changes'))
    .flatMap(({ text }) => compileTemplate(text, (literal) => literal).references)
    .filter(([name]) => !iterators.has(name as string));
}

function dynamicNames(value: unknown): Set<string> {
  if (value === null || typeof value !== 'object') return new Set();
  const own = (value as Body).dynamic;
  const names = own === undefined || own === null ? [] : Object.entries(own as Record<string, Body[]>);
  return new Set([
    ...names.flatMap(([label, blocks]) => [
      label,
      ...blocks.map(({ iterator }) => String(iterator).replace(/^\$\{(.*)\}$/, '$1')),
    ]),
    ...Object.values(value).flatMap((inner) => [...dynamicNames(inner)]),
  ]);
}

function parse(file: string, text: string): Promise<Body> {
  const key = `${file}\n${text}`;
  let result = parsed.get(key);
  if (result === undefined) parsed.set(key, (result = hcl.parse(file, text) as Promise<Body>));
  return result;
}

function blocksOf(body: Body, file: string): Block[] {
  const blocks: Block[] = [];
  for (const [kind, value] of Object.entries(body) as [Block['kind'], unknown][]) {
    if (kind === 'resource' || kind === 'data') {
      for (const [type, names] of Object.entries(value as Record<string, Record<string, Body[]>>))
        for (const [name, bodies] of Object.entries(names))
          for (const own of bodies) blocks.push({ kind, type, name, body: own, file });
    } else if (Array.isArray(value))
      for (const own of value as Body[]) blocks.push({ kind, type: '', name: '', body: own, file });
    else
      for (const [name, bodies] of Object.entries(value as Record<string, Body[]>))
        for (const own of bodies) blocks.push({ kind, type: '', name, body: own, file });
  }
  return blocks;
}
