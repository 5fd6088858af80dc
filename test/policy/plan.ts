// What the configuration would create, without a provider: every resource for every key of its for_each, its expressions worked
// out. What only the cloud knows is a text that says so, `(google_x.name["key"].attribute)`.
/* eslint-disable @typescript-eslint/no-base-to-string -- what is no text where one belongs is a finding of its own */
import { compileTemplate, textOf } from './template.ts';
import { entriesOf, isTrue, walk, type Scope, type Step } from './expression.ts';
import { placeOf, readModuleFile, type Block, type Body, type Configuration } from './configuration.ts';
import { knownToCloud } from './known-to-cloud.ts';
import { conform } from './variable-type.ts';

export interface Instance {
  type: string;
  name: string;
  /** Of the for_each; undefined without one. */
  key: string | number | undefined;
  /** `pubsub.tf: google_pubsub_topic.topic["reconcile"]` */
  place: string;
  /** Attributes that are not null; a nested block is a list. */
  values: Body;
  block: Block;
  /** What `each` or `count` stand for in it. */
  names: Body;
}

export interface Plan {
  instances: Instance[];
  locals: Body;
  variables: Body;
  /** What could not be worked out, and which conditions do not hold, each with its place. */
  problems: string[];
}

const notArguments = new Set([
  'for_each',
  'count',
  'depends_on',
  'lifecycle',
  'provider',
  'provisioner',
  'dynamic',
  'connection',
]);

/** `given` as a tfvars file has them. */
export function plan(configuration: Configuration, given: Body): Plan {
  const problems: string[] = [];
  const attempt = <T>(place: string, work: () => T, otherwise: T): T => {
    try {
      return work();
    } catch (error) {
      problems.push(`${place}: ${(error as Error).message}`);
      return otherwise;
    }
  };
  const blocks = configuration.blocks;
  const localTexts: Body = Object.assign({}, ...blocks.filter(({ kind }) => kind === 'locals').map(({ body }) => body));
  const locals: Body = {};
  const underway = new Set<string>();

  const scope = scopeOf((name, steps) => {
    const [first, second, ...rest] = steps as string[];
    if (name === 'var') return walk(variables, steps);
    if (name === 'local') return walk(localOf(first as string), steps.slice(1));
    if (name === 'path') return '.';
    if (name === 'terraform') return 'default';
    if (name === 'data') {
      const block = blocks.find((own) => own.kind === 'data' && own.type === first && own.name === second);
      if (block === undefined) throw new Error(`there is no data.${String(first)}.${String(second)}`);
      return walk(
        view({ project_id: variables.project_id }, `data.${String(first)}.${String(second)}`, first as string),
        rest,
      );
    }
    return walk(resourceOf(name, first as string), steps.slice(1));
  }, configuration);

  function localOf(name: string): unknown {
    if (Object.hasOwn(locals, name)) return locals[name];
    if (!Object.hasOwn(localTexts, name)) throw new Error(`there is no local.${name}`);
    if (underway.has(name)) throw new Error(`local.${name} needs itself`);
    underway.add(name);
    locals[name] = evaluate(localTexts[name], scope);
    return locals[name];
  }

  const variables: Body = {};
  for (const block of blocks.filter(({ kind }) => kind === 'variable')) {
    attempt(
      placeOf(block),
      () => {
        const { type, default: fallback } = block.body;
        const value = given[block.name] ?? fallback;
        if (value === undefined) throw new Error('has no default and is not given');
        variables[block.name] = conform(String(type ?? 'any'), value, scope);
      },
      undefined,
    );
  }
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(variables, name)) problems.push(`environments: ${name} is given, but no variable`);
  }
  for (const { name, body, file } of blocks.filter(({ kind }) => kind === 'variable')) {
    for (const { condition, error_message } of (body.validation ?? []) as Body[]) {
      attempt(
        `${file}: variable.${name}`,
        () => {
          if (!isTrue(evaluate(condition, scope))) throw new Error(`refuses its value: ${String(error_message)}`);
        },
        undefined,
      );
    }
  }

  /** Instances of a block by key, made when they are first asked for. */
  const made = new Map<Block, Map<string | number | undefined, Instance>>();
  function instancesOf(block: Block): Map<string | number | undefined, Instance> {
    let instances = made.get(block);
    if (instances !== undefined) return instances;
    made.set(block, (instances = new Map()));
    for (const [key, names] of attempt(placeOf(block), () => repetitions(block.body, scope), [])) {
      const place = `${placeOf(block)}${key === undefined ? '' : `[${JSON.stringify(key)}]`}`;
      const own = scope.with(names);
      const instance: Instance = { type: block.type, name: block.name, key, place, values: {}, block, names };
      instances.set(key, instance);
      let values: Body | undefined;
      Object.defineProperty(instance, 'values', {
        get: () => (values ??= bodyOf(block.body, own, (path, work) => attempt(`${place}.${path}`, work, undefined))),
      });
    }
    return instances;
  }

  function resourceOf(type: string, name: string): unknown {
    const block = blocks.find((own) => own.kind === 'resource' && own.type === type && own.name === name);
    if (block === undefined) throw new Error(`there is no ${type}.${name}`);
    const views = [...instancesOf(block)].map(([key, instance]): [string | number | undefined, unknown] => {
      const address = `${type}.${name}${key === undefined ? '' : `[${JSON.stringify(key)}]`}`;
      return [key, view(() => instance.values, address, type)];
    });
    if (block.body.for_each !== undefined) return Object.fromEntries(views as [string, unknown][]);
    return block.body.count !== undefined ? views.map(([, one]) => one) : views[0]?.[1];
  }

  function view(source: Body | (() => Body), address: string, type: string): unknown {
    return new Proxy(
      {},
      {
        get(_, key) {
          if (typeof key === 'symbol' || key === 'toJSON') return undefined;
          const values = typeof source === 'function' ? source() : source;
          const value = values[key] ?? knownToCloud(type, values, key, String(variables.project_id));
          if (value === undefined) return `(${address}.${key})`;
          const isBlocks =
            Array.isArray(value) && value.length > 0 && value.every((one) => one !== null && typeof one === 'object');
          return isBlocks ? value.map((one: Body, i) => view(one, `${address}.${key}[${i}]`, '')) : value;
        },
      },
    );
  }

  for (const name of Object.keys(localTexts)) attempt(`local.${name}`, () => localOf(name), undefined);
  const instances = blocks
    .filter(({ kind }) => kind === 'resource')
    .flatMap((block) =>
      [...instancesOf(block).values()].map((instance) => {
        const { values, place, names } = instance;
        const lifecycle = ((block.body.lifecycle ?? []) as Body[])[0] ?? {};
        for (const { condition, error_message } of (lifecycle.precondition ?? []) as Body[]) {
          attempt(
            place,
            () => {
              if (!isTrue(evaluate(condition, scope.with(names))))
                throw new Error(textOf(evaluate(error_message, scope.with(names))));
            },
            undefined,
          );
        }
        return { ...instance, values, place };
      }),
    );
  for (const block of blocks.filter(({ kind }) => kind === 'output')) {
    attempt(placeOf(block), () => evaluate(block.body.value, scope), undefined);
  }
  return { instances, locals, variables, problems };
}

function scopeOf(resolve: Scope['resolve'], configuration: Configuration): Scope {
  const scope: Scope = {
    resolve,
    with: (names) =>
      scopeOf(
        (name, steps: readonly Step[]) =>
          Object.hasOwn(names, name) ? walk(names[name], steps) : resolve(name, steps),
        configuration,
      ),
    readFile: (path) => readModuleFile(configuration, path),
  };
  return scope;
}

/** A value of the parser with its expressions worked out. */
function evaluate(value: unknown, scope: Scope): unknown {
  if (typeof value === 'string') return compileTemplate(value, (literal) => literal).value(scope);
  if (Array.isArray(value)) return value.map((element) => evaluate(element, scope));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, element]) => [textOf(evaluate(key, scope)), evaluate(element, scope)]),
  );
}

function repetitions(body: Body, scope: Scope): [string | number | undefined, Body][] {
  if (body.count !== undefined) {
    const count = Number(evaluate(body.count, scope));
    return Array.from({ length: count }, (_, index) => [index, { count: { index } }]);
  }
  if (body.for_each === undefined) return [[undefined, {}]];
  return repeated(body.for_each, scope).map(([key, value]) => [key, { each: { key, value } }]);
}

function repeated(for_each: unknown, scope: Scope): [string, unknown][] {
  const collection = evaluate(for_each, scope);
  return entriesOf(collection).map(([key, value]) => [textOf(Array.isArray(collection) ? value : key), value]);
}

/** The arguments of a body: blocks as lists, dynamic blocks once for each element. */
function bodyOf(body: Body, scope: Scope, attempt: (path: string, work: () => unknown) => unknown): Body {
  const values: Body = {};
  for (const [name, value] of Object.entries(body)) {
    if (notArguments.has(name)) continue;
    const isBlocks =
      Array.isArray(value) &&
      value.length > 0 &&
      value.every((one) => typeof one === 'object' && one !== null && !Array.isArray(one));
    const result = isBlocks
      ? value.map((one: Body) => bodyOf(one, scope, (path, work) => attempt(`${name}.${path}`, work)))
      : attempt(name, () => evaluate(value, scope));
    if (result !== null && result !== undefined) values[name] = result;
  }
  for (const [label, dynamics] of Object.entries((body.dynamic ?? {}) as Record<string, Body[]>)) {
    for (const { for_each, iterator, content } of dynamics) {
      const name = iterator === undefined ? label : String(iterator).replace(/^\$\{(.*)\}$/, '$1');
      for (const [key, value] of (attempt(label, () => repeatedBlocks(for_each, scope)) as [unknown, unknown][]) ??
        []) {
        const own = (content as Body[]).map((inner) => bodyOf(inner, scope.with({ [name]: { key, value } }), attempt));
        values[label] = [...((values[label] as Body[] | undefined) ?? []), ...own];
      }
    }
  }
  return values;
}

function repeatedBlocks(for_each: unknown, scope: Scope): [unknown, unknown][] {
  return entriesOf(evaluate(for_each, scope));
}
