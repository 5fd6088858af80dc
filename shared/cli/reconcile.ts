// reconcile: ledger = state = BigQuery, or a list of what differs.
import { ATTEMPTS, checkRepeatedly } from '../reconcile/check-repeatedly.ts';
import { differenceMends, type Difference } from '../reconcile/difference.ts';
import { campaignSubject, campaignSubjects, marketSubject, type Subject } from '../reconcile/subjects.ts';
import {
  campaignName,
  pathPart,
  textOption,
  UsageError,
  type Command,
  type Conclusion,
  type Context,
} from './command.ts';
import { formatTable } from './table.ts';

export const reconcile: Command = {
  name: 'reconcile',
  summary: 'compare ledger, state and BigQuery, and check the invariants of money',
  usage: ['reconcile [--campaign <tenant>/<campaign> | --market M] [--json]'],
  options: {
    campaign: { type: 'string', value: 'T/C', help: 'one campaign' },
    market: { type: 'string', value: 'M', help: 'one market and its book' },
  },
  notes: [
    'Without an option: every market and every campaign in its book. It writes nothing. What differs is read again, up to',
    `${ATTEMPTS} times, so that a tick between two reads is no difference. Exit code 1: something differs, or nothing matched.`,
  ],
  async run(args, context) {
    if (args.positionals.length > 0) throw new UsageError('reconcile takes options only, such as --market SE');
    const campaign = textOption(args, 'campaign');
    const market = textOption(args, 'market');
    if (campaign !== undefined && market !== undefined)
      throw new UsageError('reconcile takes --campaign or --market, not both');
    const named = campaign === undefined ? undefined : campaignName(campaign);
    if (market !== undefined) pathPart(market, 'a market');
    const { store, reader } = (await context.connect()).ports;
    const deps = { store, reader, clock: () => context.clock() };
    const everything = named || market !== undefined ? [] : await store.markets();
    const subjects = named
      ? [campaignSubject(named, deps)]
      : (market === undefined ? everything : [market]).map((name) => marketSubject(name, deps));
    if (market === undefined && !named) subjects.push(...(await campaignSubjects(everything, deps)));
    return reconcileAll(subjects, context);
  },
};

async function reconcileAll(subjects: readonly Subject[], context: Context): Promise<Conclusion> {
  const differences: (Difference & { subject: string })[] = [];
  const checked: string[] = [];
  for (const [index, subject] of subjects.entries()) {
    context.progress(`${index + 1} of ${subjects.length}: ${subject.name}`);
    const found = await checkRepeatedly(subject, {
      sleep: (durationMs) => context.sleep(durationMs),
      onAgain: ({ name }, again) => context.progress(`${name}: ${again.length} differences, reading again`),
    });
    if (!found) continue;
    checked.push(subject.name);
    differences.push(...found.map((difference) => ({ subject: subject.name, ...difference })));
  }
  return conclude(checked, differences, subjects);
}

function conclude(
  checked: readonly string[],
  differences: readonly (Difference & { subject: string })[],
  asked: readonly Subject[],
): Conclusion {
  if (checked.length === 0) {
    const name = asked.map((subject) => subject.name).join(', ');
    const message = name === '' ? 'there is no market yet' : `${name} is known neither to the store nor to BigQuery`;
    return { exit: 'different', text: message, json: { checked, differences, error: { message } } };
  }
  const json = {
    checked,
    differences: differences.map((difference) => ({ ...difference, mend: differenceMends[difference.code] })),
  };
  if (differences.length === 0)
    return { exit: 'ok', text: `${checked.join('\n')}\nledger, state and BigQuery agree`, json };
  const table = formatTable(
    ['code', 'where', 'expected', 'found'],
    differences.map(({ code, where, expected, found }) => [code, where, expected, found]),
  );
  const mends = [...new Set(differences.map(({ code }) => code))].map((code) => `${code}: ${differenceMends[code]}`);
  return { exit: 'different', text: [table, ...mends, `${differences.length} differences`].join('\n'), json };
}
