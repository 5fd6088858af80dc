import assert from 'node:assert/strict';
import { commands } from '../../../shared/cli/andante.ts';
import { globalOptions } from '../../../shared/cli/help.ts';
import { FreezeCode } from '../../../shared/contracts/forecast-outcomes.ts';
import { httpCodes, permanentCodes, programmerCodes, transientCodes } from '../../../shared/runtime/errors.ts';
import { readTopology } from '../../../terraform/topology.ts';
import { checkLogFilter } from './log-filter.ts';
import { readObservability, readTerraform, type Observability } from './observability.ts';

/** Notifications hold no more of a documentation. */
const MAX_NOTIFIED_BYTES = 8 * 1024;

/** A command line that the runbook says to run: it names a command, and options that the command has. */
function checkCommand(line: string): void {
  const [name = '', ...words] = line.split(' ');
  const command = commands.find((one) => one.name === name);
  assert(name === '--help' || command, `there is no command ${name}`);
  const options = { ...command?.options, ...globalOptions };
  for (const [, option] of words.join(' ').matchAll(/--([a-z-]+)/g))
    assert((option as string) in options, `${name} has no option --${option}`);
}

describe('The runbook', () => {
  let own: Observability;
  let runbook: string;
  let sections: Map<string, string>;
  let functions: string[];
  before(async () => {
    own = await readObservability();
    functions = Object.keys((await readTopology()).functions);
    runbook = await readTerraform('RUNBOOK.md');
    // As alerts.tf cuts it.
    const [, ...cut] = runbook.split('\n## ');
    sections = new Map(cut.map((section) => [section.slice(0, section.indexOf('\n')), section]));
  });

  it('has a section for every alert, and no section of an alert that is gone', () => {
    assert.deepEqual([...sections.keys()].sort(), own.alerts.map(({ name }) => name).sort());
  });

  it('says of each what it means, what happens meanwhile, what to look at, what to run and whom to call', () => {
    for (const [name, section] of sections) {
      const parts = [...section.matchAll(/^\*\*([A-Z][a-z ]+)\*\*/gm)].map(([, part]) => part);
      assert.deepEqual(parts, ['Means', 'Meanwhile', 'Look at', 'Run', 'Escalate'], name);
    }
  });

  it('has sections that a notification can carry, and that it would not fill in', () => {
    for (const [name, section] of sections) {
      assert(Buffer.byteLength(section) < MAX_NOTIFIED_BYTES - 512, `${name} and its link`);
      assert.doesNotMatch(section, /[$%]\{/, name);
    }
  });

  it('names commands that there are, with options that they have', () => {
    const lines = [...runbook.matchAll(/npm run andante -- (.+)$/gm)].map(([, line]) => line as string);
    assert(lines.length > 20);
    for (const line of lines) checkCommand(line);
    for (const [name, section] of sections) {
      for (const [, called] of section.matchAll(/^npm run (?!andante -- )(\S+)/gm)) assert.fail(`${name}: ${called}`);
    }
  });

  it('gives a log query or SQL for every alert, by fields, outcomes and functions that lines have', () => {
    for (const [name, section] of sections) {
      const fenced = [...section.matchAll(/^```(\w*)\n([^]*?)^```$/gm)];
      const queries = fenced.flatMap(([, language, query]) => (language === '' ? [query as string] : []));
      assert(queries.length > 0 || fenced.some(([, language]) => language === 'sql'), name);
      for (const query of queries) {
        assert.match(query, /^resource\.type="cloud_run_revision"$/m, name);
        checkLogFilter(query, functions);
      }
    }
  });

  it('points at tiles of the dashboard, at least one for each alert', async () => {
    const dashboard = JSON.parse(await readTerraform('dashboard.json')) as {
      mosaicLayout: { tiles: { widget: { title: string } }[] };
    };
    const titles = dashboard.mosaicLayout.tiles.map(({ widget }) => widget.title);
    for (const [name, section] of sections) {
      const named = [...section.matchAll(/tile\s+"([^"]+)"/g)].map(([, title = '']) => title.replaceAll(/\s+/g, ' '));
      assert(named.length > 0, name);
      for (const title of named) assert(titles.includes(title), `${name}: ${title}`);
    }
  });

  it('speaks of error codes, freezes and variables that there are', async () => {
    const { enum: freezes } = FreezeCode as unknown as { enum: string[] };
    const codes: string[] = [...permanentCodes, ...transientCodes, ...programmerCodes, ...httpCodes, ...freezes];
    const columns = (JSON.parse(await readTerraform('schemas/outcomes.json')) as { name: string }[]).map(
      ({ name }) => name,
    );
    for (const [, code] of runbook.matchAll(/`([A-Z]+_[A-Z_]+)`/g)) assert(codes.includes(code as string), code);
    for (const [, name] of runbook.matchAll(/`([a-z]+(?:_[a-z]+)+)`/g))
      assert(own.variables.all.includes(name as string) || columns.includes(name as string), name);
  });

  it('would not pass with a command or an option that nobody knows', () => {
    assert.throws(() => checkCommand('reconcil --market SE'), /there is no command reconcil/);
    assert.throws(() => checkCommand('reconcile --tenant t'), /reconcile has no option --tenant/);
  });
});
