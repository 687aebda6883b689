import type { Invocation } from '../invocation.js';
import type { Flag } from './flag.js';

/** One command, with everything that help says about it. */
export interface Command {
  /** The line of its use; the first word is its name. */
  readonly use: string;
  readonly short: string;
  readonly long?: string;
  readonly flags?: readonly Flag[];
  /** Of its subcommands as well. */
  readonly inheritedFlags?: readonly Flag[];
  readonly children?: readonly Command[];
  readonly isHidden?: boolean;
  /** Help's line of use does not say "[flags]". */
  readonly hasNoFlags?: boolean;
  /** All words after its name are its arguments, whatever they look like. */
  readonly takesRawArguments?: boolean;
  /** A command without it only groups others. Resolves with the exit code. */
  readonly run?: (invocation: Invocation) => Promise<number>;
}

/** A command and those it is below. */
export interface CommandPath {
  readonly commands: readonly [Command, ...Command[]];
}

export const nameOf = ({ use }: Command): string => use.split(' ', 1)[0] ?? '';

export const leafOf = ({ commands }: CommandPath): Command => commands.at(-1) ?? commands[0];

/** `etcdctl lease grant` */
export const fullName = ({ commands }: CommandPath): string => commands.map(nameOf).join(' ');

export function ownFlags(path: CommandPath): readonly Flag[] {
  const leaf = leafOf(path);
  const isRoot = path.commands.length === 1;
  return [...(leaf.flags ?? []), ...(isRoot ? [] : (leaf.inheritedFlags ?? []))];
}

/** Of the commands above it, but for those of the root. */
export function inheritedFlags({ commands }: CommandPath): readonly Flag[] {
  return commands.slice(1, -1).flatMap((command) => command.inheritedFlags ?? []);
}

export function globalFlags({ commands }: CommandPath): readonly Flag[] {
  return commands[0].inheritedFlags ?? [];
}
