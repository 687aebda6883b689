import type { DeleteOptions, Keys } from '@etcd-ts/client';
import { between, from, prefix } from '@etcd-ts/client';
import { setTimeout as pause } from 'node:timers/promises';
import { badArguments, bool, quote } from '@etcd-ts/command-line';
import type { FlagValues } from '@etcd-ts/command-line';
import { deleteAnswer } from '../answers/kv.js';
import type { Command } from '../command.js';
import type { Invocation } from '../invocation.js';
import { bytesOf } from '../word-bytes.js';
import { onlyOneArgument } from './get.js';
import { requireOneOf } from './key-arguments.js';

/** Time to think again before keys go that may have been meant as a list of two. */
const SECOND_THOUGHTS_MS = 2_000;

export const DEL: Command = {
  use: 'del [options] <key> [range_end]',
  short: 'Removes the specified key or range of keys [key, range_end)',
  flags: [
    bool('prefix', 'delete keys with matching prefix'),
    bool('prev-kv', 'return deleted key-value pairs'),
    bool(
      'from-key',
      'delete keys that are greater than or equal to the given key using byte compare',
    ),
    bool('range', 'delete range of keys without delay'),
  ],
  run: runDel,
};

async function runDel(invocation: Invocation): Promise<number> {
  const { args, flags, surroundings } = invocation;
  const { keys, options } = deleteOperation(args, flags);
  const { client, output } = await invocation.connect();
  const [key = '', end] = args.map(bytesOf);
  if (end !== undefined && !flags.bool('range')) {
    surroundings.streams.error(
      `Warning: Keys between ${quote(key)} and ${quote(end)} will be deleted. Please interrupt ` +
        'the command within next 2 seconds to cancel. You can provide `--range` flag to avoid ' +
        'the delay.\n',
    );
    await pause(SECOND_THOUGHTS_MS);
  }
  output.print(deleteAnswer(await client.kv.delete(keys, options)));
  client.close();
  return 0;
}

/** `del` as its arguments and flags say; also a line of a transaction. */
export function deleteOperation(
  args: readonly string[],
  flags: FlagValues,
): { keys: Keys; options: DeleteOptions } {
  const [key, end] = args.map(bytesOf);
  if (key === undefined || args.length > 2) {
    throw badArguments(
      'del command needs one argument as key and an optional argument as range_end',
    );
  }
  requireOneOf(flags, 'prefix', 'from-key');
  if (end !== undefined && (flags.bool('prefix') || flags.bool('from-key')))
    throw onlyOneArgument();
  const options = { prevKv: flags.bool('prev-kv') };
  if (flags.bool('prefix')) return { keys: prefix(key), options };
  if (flags.bool('from-key')) return { keys: from(key), options };
  return { keys: end === undefined ? key : between(key, end), options };
}
