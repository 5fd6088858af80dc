// Writes a zip that is the same byte for byte wherever and whenever it is made: its hash names what is deployed.
import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/**
 * Writes `files` (name -> content) as the zip `path`, by name. Nothing of this machine is in it: no owner, one time, one
 * mode. The contents are stored and not deflated, because zlib's output depends on the processor and on Node's release.
 */
export async function zipFiles(files: Readonly<Record<string, Uint8Array>>, path: string): Promise<void> {
  const zip = new ZipFile();
  for (const name of Object.keys(files).sort()) {
    zip.addBuffer(Buffer.from(files[name] as Uint8Array), name, {
      // A zip's time is a wall clock without a zone: this one is read off here as it is written there.
      mtime: new Date(1980, 0, 1, 12),
      forceDosTimestamp: true,
      mode: 0o100644,
      compress: false,
    });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(path));
}
