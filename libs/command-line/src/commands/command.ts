import type { Flag } from '../flags/flag.js';

/** One command, with everything that help says about it; `Call` is what a run of it is given. */
export interface Command<Call> {
  /** The line of its use; the first word is its name. */
  readonly use: string;
  readonly short: string;
  readonly long?: string;
  readonly flags?: readonly Flag[];
  /** Of its subcommands as well. */
  readonly inheritedFlags?: readonly Flag[];
  readonly children?: readonly Command<Call>[];
  readonly isHidden?: boolean;
  /** Help's line of use does not say "[flags]". */
  readonly hasNoFlags?: boolean;
  /** The words that an argument of it may be, for completion. */
  readonly validArguments?: readonly string[];
  /** All words after its name are its arguments, whatever they look like. */
  readonly takesRawArguments?: boolean;
  /** A command without it only groups others. Resolves with the exit code. */
  readonly run?: (call: Call) => Promise<number>;
}

/** A command and those it is below. */
export interface CommandPath<Call> {
  readonly commands: readonly [Command<Call>, ...Command<Call>[]];
}

/** What any command is, if it is not run. */
export type AnyCommand = Command<never>;
export type AnyCommandPath = CommandPath<never>;

export const nameOf = ({ use }: AnyCommand): string => use.split(' ', 1)[0] ?? '';

export const leafOf = <Call>({ commands }: CommandPath<Call>): Command<Call> =>
  commands.at(-1) ?? commands[0];

/** `etcdctl lease grant` */
export const fullName = ({ commands }: AnyCommandPath): string => commands.map(nameOf).join(' ');

export function ownFlags(path: AnyCommandPath): readonly Flag[] {
  const leaf = leafOf(path);
  const isRoot = path.commands.length === 1;
  return [...(leaf.flags ?? []), ...(isRoot ? [] : (leaf.inheritedFlags ?? []))];
}

/** Of the commands above it, but for those of the root. */
export function inheritedFlags({ commands }: AnyCommandPath): readonly Flag[] {
  return commands.slice(1, -1).flatMap((command) => command.inheritedFlags ?? []);
}

export function globalFlags({ commands }: AnyCommandPath): readonly Flag[] {
  return commands[0].inheritedFlags ?? [];
}

/** Those that help calls the command's own: for the root, the ones of all commands. */
export function optionsOf(path: AnyCommandPath): readonly Flag[] {
  const isRoot = path.commands.length === 1;
  const flags = isRoot ? globalFlags(path) : [...ownFlags(path), ...inheritedFlags(path)];
  return [...flags, helpFlag(nameOf(leafOf(path)))];
}

/** Everything that a command line of it may say. */
export function allFlags(path: AnyCommandPath): readonly Flag[] {
  return path.commands.length === 1 ? optionsOf(path) : [...optionsOf(path), ...globalFlags(path)];
}

const helpFlag = (command: string): Flag => ({
  name: 'help',
  shorthand: 'h',
  kind: 'bool',
  default: 'false',
  usage: `help for ${command}`,
});
