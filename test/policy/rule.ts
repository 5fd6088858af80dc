// What a rule over the configuration is, and how rules look at what it would create.
import type { Topology } from '../../terraform/topology.ts';
import type { Body, Configuration } from './configuration.ts';
import type { Instance, Plan } from './plan.ts';

export interface Subject {
  configuration: Configuration;
  plan: Plan;
  topology: Topology;
}

export interface Rule {
  /** A sentence that holds of the configuration. */
  name: string;
  /** What does not hold: each names the file, the resource and the mend. */
  check(subject: Subject): string[];
  /** Each breaks the rule. */
  mutants: Mutant[];
}

/** Changes of files; the text to replace must be there. */
export type Mutant = Edit | Edit[];
export type Edit = { file: string; from: string | RegExp; to: string } | { file: string; append: string };

export function edit(file: string, from: string | RegExp, to: string): Edit {
  return { file, from, to };
}

/** A resource, or anything else, written by hand. */
export function append(file: string, text: string): Edit {
  return { file, append: `\n${text}\n` };
}

export function resourcesOf({ plan }: Subject, ...types: string[]): Instance[] {
  return plan.instances.filter(({ type }) => types.includes(type));
}

/** The first nested block of a name, following names inwards; empty where there is none. */
export function nested(values: Body, ...names: string[]): Body {
  return names.reduce<Body>((body, name) => ((body[name] as Body[] | undefined) ?? [])[0] ?? {}, values);
}

/** The last part of an identifier: `projects/p/topics/t` is `t`. */
export function lastPart(id: unknown): string {
  return String(id).split('/').at(-1) as string;
}

/** `place: problem` for each instance that fails the test. */
export function findings(instances: Instance[], problem: (instance: Instance) => string | undefined | false): string[] {
  return instances.flatMap((instance) => {
    const found = problem(instance);
    return found === undefined || found === false ? [] : [`${instance.place}: ${found}`];
  });
}

/** Names that are missing and names that nobody asked for, as findings. */
export function compareNames(
  what: string,
  file: string,
  expected: Iterable<string>,
  actual: readonly string[],
): string[] {
  const wanted = new Set(expected);
  const there = new Set(actual);
  return [
    ...[...wanted]
      .filter((name) => !there.has(name))
      .map((name) => `${file}: no ${what} ${name}: topology.json has it`),
    ...[...there].filter((name) => !wanted.has(name)).map((name) => `${file}: ${what} ${name} is not in topology.json`),
    ...actual
      .filter((name, index) => actual.indexOf(name) !== index)
      .map((name) => `${file}: ${what} ${name} is there twice`),
  ];
}

export function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** A problem where a value is not what it must be. */
export function differs(name: string, actual: unknown, expected: unknown): string | undefined {
  return isSame(actual, expected)
    ? undefined
    : `${name} is ${JSON.stringify(actual) ?? 'not set'}, make it ${JSON.stringify(expected)}`;
}

export function joined(...problems: (string | undefined | false)[]): string | undefined {
  const found = problems.filter(Boolean);
  return found.length === 0 ? undefined : found.join('; ');
}
