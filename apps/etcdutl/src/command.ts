import type { Command as CommandOf, CommandCall, Streams } from '@etcd-ts/command-line';

export type Command = CommandOf<Invocation>;

/** One run of a command. */
export interface Invocation extends CommandCall<Invocation> {
  readonly streams: Streams;
}
