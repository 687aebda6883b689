import type { PutOptions } from '@etcd-ts/client';
import { badArguments, bool, text } from '@etcd-ts/command-line';
import type { FlagValues } from '@etcd-ts/command-line';
import { putAnswer } from '../answers/kv.js';
import type { Command } from '../command.js';
import type { Invocation } from '../invocation.js';
import { bytesOf } from '../word-bytes.js';
import { parseLease } from './key-arguments.js';

export const PUT: Command = {
  use: 'put [options] <key> <value> (<value> can also be given from stdin)',
  short: 'Puts the given key into the store',
  long: `
Puts the given key into the store.

When <value> begins with '-', <value> is interpreted as a flag.
Insert '--' for workaround:

$ put <key> -- <value>
$ put -- <key> <value>

If <value> isn't given as a command line argument and '--ignore-value' is not specified,
this command tries to read the value from standard input.

If <lease> isn't given as a command line argument and '--ignore-lease' is not specified,
this command tries to read the value from standard input.

For example,
$ cat file | put <key>
will store the content of the file to <key>.
`,
  flags: [
    text('lease', 'lease ID (in hexadecimal) to attach to the key', '0'),
    bool('prev-kv', 'return the previous key-value pair before modification'),
    bool('ignore-value', 'updates the key using its current value'),
    bool('ignore-lease', 'updates the key using its current lease'),
  ],
  run: runPut,
};

async function runPut(invocation: Invocation): Promise<number> {
  const { args, flags, surroundings } = invocation;
  const { key, value, options } = await putOperation(args, flags, () => surroundings.input.all());
  const { client, output } = await invocation.connect();
  output.print(putAnswer(await client.kv.put(key, value, options)));
  client.close();
  return 0;
}

/** `put` as its arguments and flags say; also a line of a transaction. */
export async function putOperation(
  args: readonly string[],
  flags: FlagValues,
  readValue: () => Promise<Uint8Array>,
): Promise<{ key: Uint8Array; value: Uint8Array; options: PutOptions }> {
  const [key, given] = args;
  if (key === undefined) {
    throw badArguments('put command needs 1 argument and input from stdin or 2 arguments');
  }
  const ignoreValue = flags.bool('ignore-value');
  if (ignoreValue && args.length > 1) {
    throw badArguments("put command needs only 1 argument when 'ignore-value' is set");
  }
  const options: PutOptions = {
    lease: parseLease(flags.text('lease'), 'lease ID'),
    prevKv: flags.bool('prev-kv'),
    ignoreValue,
    ignoreLease: flags.bool('ignore-lease'),
  };
  if (ignoreValue) return { key: bytesOf(key), value: Buffer.of(), options };
  const value = given === undefined ? await readValue() : bytesOf(given);
  return { key: bytesOf(key), value, options };
}
