import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../../..');
const folder = resolve(root, '.github/workflows');

async function workflows(): Promise<[name: string, text: string][]> {
  const names = (await readdir(folder)).sort();
  return Promise.all(
    names.map(async (name): Promise<[string, string]> => [name, await readFile(resolve(folder, name), 'utf8')]),
  );
}

/** Its top-level keys with their blocks, without comments. */
function blocks(text: string): Map<string, string> {
  const parts = text
    .replaceAll(/^ *#.*$/gm, '')
    .split(/^(?=[a-z-]+:)/m)
    .filter((part) => /^[a-z-]+:/.test(part));
  return new Map(parts.map((part) => [part.slice(0, part.indexOf(':')), part.slice(part.indexOf(':') + 1).trim()]));
}

// That they are YAML is what prettier checks.
describe('The workflows', () => {
  it('are three', async () => {
    assert.deepEqual(
      (await workflows()).map(([name]) => name),
      ['ci.yml', 'deploy.yml', 'plan.yml'],
    );
  });

  it('run only npm scripts that exist, and every one of check, test and build', async () => {
    const { scripts } = JSON.parse(await readFile(resolve(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const used: string[] = [];
    for (const [file, text] of await workflows()) {
      for (const [, name] of text.matchAll(/\bnpm run (?:--silent )?([a-z:-]+)/g)) {
        assert((name as string) in scripts, `${file}: npm run ${name as string}`);
        used.push(name as string);
      }
    }
    for (const name of ['check', 'test:unit', 'test:simulation', 'test:emulator', 'build', 'deploy'])
      assert(used.includes(name), name);
  });

  it('pin every action to a commit, one for each action, and say which version that is', async () => {
    const pins = new Map<string, string>();
    for (const [file, text] of await workflows()) {
      const uses = [...text.matchAll(/\buses: (.*)$/gm)].map(([, value]) => value as string);
      assert(uses.length > 0, file);
      for (const value of uses) {
        const [, action, pin] = /^([a-z-]+\/[a-z-]+)@([0-9a-f]{40} # v\d+\.\d+\.\d+)$/.exec(value) ?? [];
        assert(action !== undefined && pin !== undefined, `${file}: ${value}`);
        assert.equal(pins.get(action) ?? pin, pin, `${file}: ${action}`);
        pins.set(action, pin);
      }
    }
  });

  it('may read the sources and nothing else, but for an identity where they speak to Google', async () => {
    for (const [file, text] of await workflows()) {
      const identity = text.includes('google-github-actions/auth@') ? '\n  id-token: write' : '';
      assert.equal(blocks(text).get('permissions'), `contents: read${identity}`, file);
      assert.doesNotMatch(text, /^ +permissions:|write-all|secrets\.|pull_request_target|credentials_json/m, file);
      assert.equal(text.match(/actions\/checkout@/g)?.length, text.match(/persist-credentials: false/g)?.length, file);
    }
  });

  it('take no text of a stranger into a shell', async () => {
    for (const [file, text] of await workflows()) {
      for (const [, indent, rest] of text.matchAll(/^( *)(?:- )?run: (.*(?:\n(?:\1 {2,}.*)?)*)/gm))
        assert.doesNotMatch(rest as string, /\$\{\{/, `${file}, indented by ${(indent as string).length}`);
    }
  });

  it('deploy only what is on main, by hand, in an environment', async () => {
    const text = await readFile(resolve(folder, 'deploy.yml'), 'utf8');
    assert.match(blocks(text).get('on') as string, /^workflow_dispatch:/);
    assert.doesNotMatch(blocks(text).get('on') as string, /push|pull_request|schedule/);
    assert.match(text, /if: github\.ref == 'refs\/heads\/main'/);
    assert.match(text, /environment: \$\{\{ inputs\.environment \}\}/);
    const [, options] = /options: \[(.*)\]/.exec(text) ?? [];
    for (const name of (options as string).split(', '))
      assert((await readdir(resolve(root, 'terraform/environments'))).includes(`${name}.tfvars`), name);
  });

  it('stop a job that hangs', async () => {
    for (const [file, text] of await workflows())
      assert.equal(text.match(/runs-on:/g)?.length, text.match(/timeout-minutes:/g)?.length, file);
  });
});
