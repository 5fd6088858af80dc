// What `--help` prints: the commands, the connection, the exit codes, and one command at a time.
import { exitCodes, type Command, type CommandOption } from './command.ts';
import { formatFields } from './table.ts';
import { connectionVariables } from './stack-file.ts';

/** Options that every command takes. */
export const globalOptions: Readonly<Record<string, CommandOption>> = {
  json: { type: 'boolean', help: 'print one JSON object as the last line' },
  help: { type: 'boolean', help: 'print this help' },
};

const PREFIX = 'npm run andante -- ';

export function helpOfAll(commands: readonly Command[]): string {
  return [
    `${PREFIX}<command> [options]`,
    indent(formatFields(commands.map(({ name, summary }) => [name, summary]))),
    `${PREFIX}<command> --help explains one.`,
    [
      'Where it connects to:',
      indent(`${connectionVariables.join('\n')}`),
      'GOOGLE_CLOUD_PROJECT and BIGQUERY_DATASET are needed, the hosts only for emulators. If none of the five is set, the',
      'local stack of npm start is used. The project is said on stderr.',
    ].join('\n'),
    exitCodeHelp(),
  ].join('\n\n');
}

export function helpOf(command: Command): string {
  const options = Object.entries({ ...command.options, ...globalOptions });
  return [
    `${command.name}: ${command.summary}`,
    indent(command.usage.map((form) => `${PREFIX}${form}`).join('\n')),
    indent(
      formatFields(
        options.map(([name, { value, help }]) => [`--${name}${value === undefined ? '' : ` ${value}`}`, help]),
      ),
    ),
    ...(command.notes.length > 0 ? [command.notes.join('\n')] : []),
    exitCodeHelp(),
  ].join('\n\n');
}

function exitCodeHelp(): string {
  return `Exit codes:\n${indent(formatFields(Object.values(exitCodes).map(({ code, means }) => [String(code), means])))}`;
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n');
}
