// erase-listener: takes the hash of a listener out of what was quarantined, the only place where it can rest.
import type { Quarantined } from '../contracts/documents.ts';
import type { AllocationStore, Stored } from '../store/allocation-store.ts';
import { UsageError, type Command } from './command.ts';

/** Documents read at a time. */
const PAGE = 100;
const ERASED = '[erased]';

export const eraseListener: Command = {
  name: 'erase-listener',
  summary: 'blank the hash of a listener wherever it was quarantined',
  usage: ['erase-listener HASH [--dry-run] [--json]'],
  options: { 'dry-run': { type: 'boolean', help: 'show where it would be blanked' } },
  notes: [
    'No other document and no row has room for it. A body that it was in is kept without it and can be replayed no more;',
    'messages that Pub/Sub still keeps are gone after seven days. Doing it twice is harmless. Exit code 1: it was nowhere.',
  ],
  async run({ positionals, values }, context) {
    const [hash = '', ...more] = positionals;
    if (more.length > 0 || !/^[A-Za-z0-9._:-]{8,64}$/.test(hash))
      throw new UsageError(
        'erase-listener takes one hash: 8 to 64 letters, digits, dots, colons, underscores and hyphens',
      );
    const isDryRun = values['dry-run'] === true;
    const { store } = (await context.connect()).ports;
    const erased: string[] = [];
    let seen = 0;
    for (let afterId: string | undefined; ;) {
      const page = await store.quarantined(PAGE, afterId);
      for (const { ref, document } of page) {
        if (!holds(document, hash)) continue;
        if (!isDryRun) await blank(store, ref, hash);
        erased.push(ref.path);
      }
      seen += page.length;
      if (page.length < PAGE) break;
      afterId = page.at(-1)?.ref.path.split('/').at(-1);
      context.progress(`${seen} looked at, ${erased.length} ${isDryRun ? 'have it' : 'blanked'}`);
    }
    const json = { dryRun: isDryRun, seen, erased };
    if (erased.length === 0) return { exit: 'different', text: `it is in none of ${seen} quarantined messages`, json };
    const verb = isDryRun ? 'would be blanked' : 'blanked';
    return { exit: 'ok', text: [...erased, `${erased.length} of ${seen} ${verb}`].join('\n'), json };
  },
};

function holds({ body, message, eventId }: Quarantined, hash: string): boolean {
  return body.includes(hash) || message.includes(hash) || (eventId?.includes(hash) ?? false);
}

async function blank(store: AllocationStore, ref: Stored<'quarantine'>['ref'], hash: string): Promise<void> {
  await store.transact(async (transaction) => {
    const [found] = await transaction.get([ref]);
    if (!found || !holds(found, hash)) return;
    const { eventId, ...rest } = found;
    transaction.set(ref, {
      ...rest,
      ...(eventId === undefined || eventId.includes(hash) ? {} : { eventId }),
      // What replaces it is no longer than it is: the limits of the document hold.
      body: found.body.replaceAll(hash, ERASED),
      message: found.message.replaceAll(hash, ERASED),
      replayable: false,
    });
  });
}
