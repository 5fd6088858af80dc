// Reads a zip whose entries are stored, as little of the format (APPNOTE 6.3) as that needs: a reader of its own, so that
// what our writer makes is not judged by its own library.
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { crc32 } from 'node:zlib';

export interface ZipEntry {
  name: string;
  content: Buffer;
  /** External attributes of Unix: the upper half is the mode. */
  mode: number;
  /** MS-DOS date and time, one above the other. */
  modified: number;
  extraBytes: number;
}

/** Every entry, in the order of the central directory. */
export function readZip(zip: Buffer): ZipEntry[] {
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  assert(end >= 0, 'this is no zip');
  const entries: ZipEntry[] = [];
  let at = zip.readUInt32LE(end + 16);
  for (let index = 0; index < zip.readUInt16LE(end + 10); index++) {
    assert.equal(zip.toString('latin1', at, at + 4), 'PK\x01\x02');
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((field) => zip.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    assert.equal(zip.readUInt16LE(at + 10), 0, 'the entry is stored');
    const name = zip.toString('utf8', at + 46, at + 46 + nameBytes);
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const content = zip.subarray(start, start + zip.readUInt32LE(at + 24));
    assert.equal(crc32(content), zip.readUInt32LE(at + 16), `${name} is whole`);
    const modified = zip.readUInt32LE(at + 12);
    entries.push({ name, content, mode: zip.readUInt32LE(at + 38) >>> 16, modified, extraBytes });
    at += 46 + nameBytes + extraBytes + commentBytes;
  }
  return entries;
}

/** Writes the entries of a zip into a folder. */
export async function unzip(zip: Buffer, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, content } of readZip(zip)) await writeFile(resolve(folder, name), content);
}
