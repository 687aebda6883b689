import type { AnyCommandPath, Command, CommandPath } from './commands/command.js';
import { allFlags, leafOf, nameOf } from './commands/command.js';
import { findCommand } from './commands/find-command.js';
import { ExitCode, ExitError } from './exit-error.js';
import type { FlagValues } from './flags/flag-values.js';
import { parseFlagsOf } from './flags/flag-parser.js';

export interface Streams {
  out(bytes: Uint8Array): void;
  error(text: string): void;
}

/** A command line that has been understood. */
export interface CommandCall<Call> {
  readonly path: CommandPath<Call>;
  readonly flags: FlagValues;
  readonly args: readonly string[];
  /** Of the arguments, how many stood before `--`; -1: there was none. */
  readonly argsBeforeDash: number;
}

/** How a program speaks. */
export interface ProgramFace<Call> {
  readonly streams: Streams;
  /** What `--help` prints. */
  helpText(path: AnyCommandPath): string;
  /** Shown with a complaint about flags; `out` is for standard output. */
  complaint(path: AnyCommandPath, message: string): { out: string; error: string };
  callOf(parsed: CommandCall<Call>): Call;
  /** The words for something thrown; an empty text is not shown. */
  failureText(thrown: unknown): string;
}

/** Runs a command line to its exit code. Nothing is thrown: what is wrong is printed. */
export async function runProgram<Call>(
  root: Command<Call>,
  words: readonly string[],
  face: ProgramFace<Call>,
): Promise<number> {
  const { streams } = face;
  const found = findCommand(root, words);
  if (found.kind === 'unknown') {
    const hint = `Run '${nameOf(root)} --help' for usage.`;
    streams.error(`Error: ${found.message}\n${hint}\nError: ${found.message}\n`);
    return ExitCode.error;
  }
  const { path } = found;
  const { run, takesRawArguments = false } = leafOf(path);
  const parsed = parseFlagsOf(
    allFlags(path),
    takesRawArguments ? ['--', ...found.words] : found.words,
  );
  if (parsed.kind === 'error') return complain(face, path, parsed.message);
  const { flags, args, argsBeforeDash } = parsed;
  if (flags.bool('help') || run === undefined) {
    streams.out(Buffer.from(face.helpText(path)));
    return ExitCode.success;
  }
  const missing = flags.missing();
  if (missing.length > 0) {
    const names = missing.map((name) => `"${name}"`).join(', ');
    return complain(face, path, `required flag(s) ${names} not set`);
  }
  return settle(run, face, { path, flags, args, argsBeforeDash });
}

function complain<Call>(face: ProgramFace<Call>, path: CommandPath<Call>, message: string): number {
  const { out, error } = face.complaint(path, message);
  if (out !== '') face.streams.out(Buffer.from(out));
  // The second time is the original's: once for whoever parsed, once for whoever ran it.
  face.streams.error(`${error}Error: ${message}\n`);
  return ExitCode.error;
}

async function settle<Call>(
  run: (call: Call) => Promise<number>,
  face: ProgramFace<Call>,
  parsed: CommandCall<Call>,
): Promise<number> {
  try {
    return await run(face.callOf(parsed));
  } catch (thrown) {
    const text = face.failureText(thrown);
    if (text !== '') face.streams.error(`Error: ${text}\n`);
    return thrown instanceof ExitError ? thrown.exitCode : ExitCode.error;
  }
}
