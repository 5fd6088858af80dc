import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { readme } from '../../../terraform/readme.ts';
import { topologyDir } from '../../../terraform/topology.ts';

describe('The README of terraform', () => {
  it('has the inputs and outputs of the .tf files: npm run generate', async () => {
    const text = await readFile(resolve(topologyDir, 'README.md'), 'utf8');
    assert.equal(text, await readme());
    assert.match(text, /^\| `project_id` +\| `string` +\| must be given +\|/m);
    assert.match(text, /^\| `function_urls` +\|/m);
  });
});
