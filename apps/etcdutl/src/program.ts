import { errorText } from '@etcd-ts/daemon';
import type { Command, CommandPath, Streams } from './command-line/command.js';
import { leafOf, nameOf, ownFlags } from './command-line/command.js';
import { helpText, usageText } from './command-line/help.js';
import { childNamed, parseCommandLine } from './command-line/parse.js';
import { ExitCode, ExitError } from './exit-error.js';

/** Runs a command line to its exit code. Nothing is thrown: what is wrong is printed. */
export async function runProgram(
  root: Command,
  words: readonly string[],
  streams: Streams,
): Promise<number> {
  const isHelp = words[0] === 'help';
  const parsed = parseCommandLine(root, isHelp ? [...namesIn(root, words.slice(1)), '-h'] : words);
  const { path } = parsed;
  if (parsed.kind === 'error') {
    const hint = path.length === 1 ? `Run '${nameOf(root)} --help' for usage.` : usageText(path);
    // Twice, as the original does: once for whoever parsed, once for whoever ran it.
    streams.error(`Error: ${parsed.message}\n${hint}\nError: ${parsed.message}\n`);
    return ExitCode.error;
  }
  const { args, flags } = parsed;
  const { run } = leafOf(path);
  if (flags.bool('help') || run === undefined) {
    streams.out(helpText(path));
    return ExitCode.success;
  }
  const missing = missingFlags(path, flags.text);
  if (missing.length > 0) {
    const message = `required flag(s) ${missing.map((name) => `"${name}"`).join(', ')} not set`;
    streams.error(`Error: ${message}\n${usageText(path)}\nError: ${message}\n`);
    return ExitCode.error;
  }
  try {
    await run({ args, flags, streams });
    return ExitCode.success;
  } catch (error) {
    streams.error(`Error: ${errorText(error)}\n`);
    return error instanceof ExitError ? error.exitCode : ExitCode.error;
  }
}

function missingFlags(path: CommandPath, text: (name: string) => string): string[] {
  return ownFlags(path)
    .filter(({ isRequired, name }) => isRequired === true && text(name) === '')
    .map(({ name }) => name);
}

/** As far as they name commands: help is about those. */
function namesIn(root: Command, words: readonly string[]): string[] {
  const names: string[] = [];
  let at: Command | undefined = root;
  for (const word of words) {
    at = childNamed(at, word);
    if (at === undefined) break;
    names.push(word);
  }
  return names;
}
