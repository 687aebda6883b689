import type { Condition, Operation } from '@etcd-ts/client';
import { ExitCode, ExitError, badArguments, bool } from '@etcd-ts/command-line';
import { txnAnswer } from '../answers/kv.js';
import type { Command } from '../command.js';
import type { Input } from '../input.js';
import type { Invocation } from '../invocation.js';
import { parseCompare, parseOperation } from './txn-lines.js';

export const TXN: Command = {
  use: 'txn [options]',
  short: 'Txn processes all the requests in one transaction',
  flags: [{ ...bool('interactive', 'Input transaction in interactive mode'), shorthand: 'i' }],
  run: runTxn,
};

async function runTxn(invocation: Invocation): Promise<number> {
  const { args, flags, surroundings } = invocation;
  if (args.length > 0) throw badArguments('txn command does not accept argument');
  const prompt = (text: string): void => {
    if (flags.bool('interactive')) surroundings.streams.out(Buffer.from(`${text}\n`));
  };
  const { input } = surroundings;
  const { client, output } = await invocation.connect();
  prompt('compares:');
  const conditions = await readSection<Condition>(input, parseCompare);
  prompt('success requests (get, put, del):');
  const success = await readSection<Operation>(input, parseOperation);
  prompt('failure requests (get, put, del):');
  const failure = await readSection<Operation>(input, parseOperation);
  const response = await client.kv
    .txn()
    .if(...conditions)
    .do(...success)
    .else(...failure)
    .commit();
  output.print(txnAnswer(response));
  client.close();
  return 0;
}

/** Lines up to an empty one. */
async function readSection<Item>(
  input: Input,
  parse: (line: string) => Item | Promise<Item>,
): Promise<Item[]> {
  const items: Item[] = [];
  for (;;) {
    const line = await input.line();
    if (line === undefined) throw new ExitError(ExitCode.invalidInput, 'EOF');
    if (line.trim() === '') return items;
    items.push(await parse(line.trim()));
  }
}
