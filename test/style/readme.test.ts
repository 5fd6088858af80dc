import assert from 'node:assert/strict';
import { AwardCode, ExclusionCode } from '../../shared/contracts/decision.ts';
import { FreezeCode } from '../../shared/contracts/forecast-outcomes.ts';
import { ReasonCode } from '../../shared/contracts/outcomes.ts';
import { httpCodes, permanentCodes, programmerCodes, transientCodes } from '../../shared/runtime/errors.ts';
import { read } from './source-tree.ts';

/** The rows of the table below a heading: first cells without backquotes. */
function firstCells(readme: string, heading: string): string[] {
  const section = readme.split(/^#+ /m).find((text) => text.startsWith(`${heading}\n`)) ?? '';
  return [...section.matchAll(/^\| `([A-Z0-9_]+)`/gm)].map(([, code]) => code as string).sort();
}

describe('The README', () => {
  it('explains every error code, and no code that is gone', async () => {
    const codes = [...permanentCodes, ...transientCodes, ...programmerCodes, ...httpCodes, 'INTERNAL'];
    assert.deepEqual(firstCells(await read('README.md'), 'Error codes'), [...codes].sort());
  });

  it('explains every reason for which a decision goes against what was asked', async () => {
    const { enum: reasons } = ReasonCode as unknown as { enum: string[] };
    assert.deepEqual(firstCells(await read('README.md'), 'Reasons of refusals'), [...reasons].sort());
  });

  it('explains every reason to keep an old forecast', async () => {
    const { enum: reasons } = FreezeCode as unknown as { enum: string[] };
    assert.deepEqual(firstCells(await read('README.md'), 'Forecasting'), [...reasons].sort());
  });

  it('explains why a line is not shown, and why a slot goes to whom it goes', async () => {
    const codes = [ExclusionCode, AwardCode].flatMap((schema) => (schema as unknown as { enum: string[] }).enum);
    assert.deepEqual(firstCells(await read('README.md'), 'Serving'), codes.sort());
  });

  it('names only npm scripts that exist', async () => {
    const { scripts } = JSON.parse(await read('package.json')) as { scripts: Record<string, string> };
    for (const [, name] of (await read('README.md')).matchAll(/(?:^|`|&& )npm (?:run )?([a-z:-]+)/gm)) {
      assert(['ci', 'install'].includes(name as string) || (name as string) in scripts, `npm run ${name}`);
    }
  });

  it('points only at files that exist', async () => {
    for (const [, path] of (await read('README.md')).matchAll(/\]\((?!https?:|#)([^)#]+)/g)) await read(path as string);
  });
});
