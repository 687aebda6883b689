import type { Keys } from '@etcd-ts/client';
import { between, prefix } from '@etcd-ts/client';
import { badArguments } from '@etcd-ts/command-line';
import type { FlagValues } from '@etcd-ts/command-line';
import { bytesOf } from '../word-bytes.js';

export interface WatchArguments {
  /** A key and perhaps the end of a range. */
  readonly words: readonly string[];
  /** A command for every event; empty: none. */
  readonly command: readonly string[];
}

/** What to watch when no argument says so: ETCDCTL_WATCH_KEY and ETCDCTL_WATCH_RANGE_END. */
export interface WatchEnvironment {
  readonly key: string;
  readonly rangeEnd: string;
}

/** `key [end] [-- command...]`; with a key in the environment, only the command. */
export function watchArguments(
  args: readonly string[],
  argsBeforeDash: number,
  { key, rangeEnd }: WatchEnvironment,
): WatchArguments {
  const hasDash = argsBeforeDash >= 0;
  const words = hasDash ? args.slice(0, argsBeforeDash) : args;
  const command = hasDash ? args.slice(argsBeforeDash) : [];
  if (hasDash && command.length === 0) {
    throw badArguments('bad number of arguments (found separator --, but no commands)');
  }
  if (key !== '') {
    if (words.length > 0) {
      throw badArguments('bad number of arguments (found conflicting environment key)');
    }
    return { words: rangeEnd === '' ? [key] : [key, rangeEnd], command };
  }
  if (words.length === 0) throw badArguments('bad number of arguments');
  return { words, command };
}

export function watchedKeys(words: readonly string[], flags: FlagValues): Keys {
  const [key = Buffer.of(), end, more] = words.map(bytesOf);
  const hasEnd = end !== undefined && more === undefined;
  if (flags.bool('prefix')) {
    if (hasEnd) throw badArguments('`range_end` and `--prefix` are mutually exclusive');
    return prefix(key);
  }
  return hasEnd ? between(key, end) : key;
}
