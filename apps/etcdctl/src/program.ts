import type { Command, CommandPath } from './command-line/command.js';
import { globalFlags, leafOf, nameOf } from './command-line/command.js';
import { findCommand } from './command-line/find-command.js';
import { parseFlags } from './command-line/flag-parser.js';
import { FlagValues } from './command-line/flag-values.js';
import type { Flag } from './command-line/flag.js';
import { optionsOf, usageText } from './command-line/usage.js';
import { ExitCode, ExitError } from './exit-error.js';
import { failureText } from './failure.js';
import type { Surroundings } from './invocation.js';
import { Invocation } from './invocation.js';

/** Runs a command line to its exit code. Nothing is thrown: what is wrong is printed. */
export async function runProgram(
  root: Command,
  words: readonly string[],
  surroundings: Surroundings,
): Promise<number> {
  const { streams } = surroundings;
  const found = findCommand(root, words);
  if (found.kind === 'unknown') {
    const hint = `Run '${nameOf(root)} --help' for usage.`;
    streams.error(`Error: ${found.message}\n${hint}\nError: ${found.message}\n`);
    return ExitCode.error;
  }
  const { path } = found;
  const flags = new FlagValues(allFlags(path));
  const { run, takesRawArguments = false } = leafOf(path);
  if (run !== undefined && takesRawArguments) {
    const parts = { path, flags, args: found.words, argsBeforeDash: -1, surroundings };
    return settle(run(new Invocation(parts)), streams);
  }
  const parsed = parseFlags(flags, found.words);
  if (parsed.kind === 'error') {
    streams.out(Buffer.from(usageText(path)));
    // Twice, as the original does: once for whoever parsed, once for whoever ran it.
    streams.error(`Error: ${parsed.message}\n\nError: ${parsed.message}\n`);
    return ExitCode.error;
  }
  if (flags.bool('help') || run === undefined) {
    streams.out(Buffer.from(usageText(path)));
    return ExitCode.success;
  }
  const { args, argsBeforeDash } = parsed;
  return settle(run(new Invocation({ path, flags, args, argsBeforeDash, surroundings })), streams);
}

async function settle(
  running: Promise<number>,
  { error }: Surroundings['streams'],
): Promise<number> {
  try {
    return await running;
  } catch (thrown) {
    const text = failureText(thrown);
    if (text !== '') error(`Error: ${text}\n`);
    return thrown instanceof ExitError ? thrown.exitCode : ExitCode.error;
  }
}

function allFlags(path: CommandPath): readonly Flag[] {
  const own = optionsOf(path);
  const isRoot = path.commands.length === 1;
  return isRoot ? [...own] : [...own, ...globalFlags(path)];
}
