export type FlagKind = 'bool' | 'string' | 'uint';

export interface Flag {
  readonly name: string;
  readonly shorthand?: string;
  readonly kind: FlagKind;
  readonly default: string;
  readonly usage: string;
  /** The command does not run without it. */
  readonly isRequired?: boolean;
}

export interface Streams {
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
}

export interface Invocation {
  readonly args: readonly string[];
  readonly flags: FlagTexts;
  readonly streams: Streams;
}

/** What the flags of one command line say, and the defaults of the others. */
export interface FlagTexts {
  text(name: string): string;
  bool(name: string): boolean;
  count(name: string): number;
}

export interface Command {
  /** Its first word is the name. */
  readonly use: string;
  readonly short: string;
  readonly flags?: readonly Flag[];
  readonly children?: readonly Command[];
  /** A command without it only groups others. Throws ExitError. */
  readonly run?: (invocation: Invocation) => Promise<void>;
}

export const nameOf = ({ use }: Command): string => use.split(' ', 1)[0] ?? '';

/** From the root to the command that is meant. */
export type CommandPath = readonly [Command, ...Command[]];

export const leafOf = (path: CommandPath): Command => path.at(-1) ?? path[0];
export const fullName = (path: CommandPath): string => path.map(nameOf).join(' ');

/** Of every command. */
export const WRITE_OUT: Flag = {
  name: 'write-out',
  shorthand: 'w',
  kind: 'string',
  default: 'simple',
  usage: 'set the output format (fields, json, protobuf, simple, table)',
};

export function ownFlags(path: CommandPath): readonly Flag[] {
  const leaf = leafOf(path);
  const usage = `help for ${nameOf(leaf)}`;
  return [
    ...(leaf.flags ?? []),
    { name: 'help', shorthand: 'h', kind: 'bool', default: 'false', usage },
    ...(path.length === 1 ? [WRITE_OUT] : []),
  ];
}

export const inheritedFlags = (path: CommandPath): readonly Flag[] =>
  path.length === 1 ? [] : [WRITE_OUT];
