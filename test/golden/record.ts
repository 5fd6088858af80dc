// `node test/golden/record.ts`: plays every golden log and writes what it comes to today into its file. The inputs stay as
// they are written there. A change of the recorded outcomes is a change of rules: the diff is read like code, by a person.
import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { play, type GoldenLog } from './play.ts';

for (const name of (await readdir(import.meta.dirname)).filter((file) => file.endsWith('.json')).sort()) {
  const path = join(import.meta.dirname, name);
  const before = await readFile(path, 'utf8');
  const played = await play(JSON.parse(before) as GoldenLog);
  const after = await format(JSON.stringify(played), {
    ...(await resolveConfig(path)),
    parser: 'json',
    objectWrap: 'collapse',
  });
  if (after === before) continue;
  await writeFile(path, after);
  console.log(`recorded anew: ${name}`);
}
