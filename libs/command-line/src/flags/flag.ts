export type FlagKind = 'bool' | 'string' | 'strings' | 'int64' | 'uint' | 'duration';

export interface Flag {
  readonly name: string;
  readonly shorthand?: string;
  readonly kind: FlagKind;
  /** As on the command line. */
  readonly default: string;
  readonly usage: string;
  readonly isHidden?: boolean;
  /** The command does not run without it. */
  readonly isRequired?: boolean;
}

export const bool = (name: string, usage: string, initial = false): Flag => ({
  name,
  kind: 'bool',
  default: String(initial),
  usage,
});
export const text = (name: string, usage: string, initial = ''): Flag => ({
  name,
  kind: 'string',
  default: initial,
  usage,
});
export const int64 = (name: string, usage: string, initial = 0): Flag => ({
  name,
  kind: 'int64',
  default: String(initial),
  usage,
});
export const uint = (name: string, usage: string, initial = 0): Flag => ({
  name,
  kind: 'uint',
  default: String(initial),
  usage,
});
export const duration = (name: string, usage: string, initial: string): Flag => ({
  name,
  kind: 'duration',
  default: initial,
  usage,
});
