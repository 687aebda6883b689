import type { Command as CommandOf, CommandPath as PathOf } from '@etcd-ts/command-line';
import type { Invocation } from './invocation.js';

export type Command = CommandOf<Invocation>;
export type CommandPath = PathOf<Invocation>;
