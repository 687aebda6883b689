import type { Keys, RangeOptions, SortTarget } from '@etcd-ts/client';
import { between, from, prefix } from '@etcd-ts/client';
import { badArguments, badFeature, bool, int64, text } from '@etcd-ts/command-line';
import type { FlagValues } from '@etcd-ts/command-line';
import type { KeyValue, RangeResponse } from '@etcd-ts/wire-protocol';
import { pairLines, rangeAnswer } from '../answers/kv.js';
import type { Command } from '../command.js';
import type { Invocation } from '../invocation.js';
import type { Output } from '../output/output.js';
import { bytesOf } from '../word-bytes.js';
import { requireOneOf } from './key-arguments.js';

export const GET: Command = {
  use: 'get [options] <key> [range_end]',
  short: 'Gets the key or a range of keys',
  flags: [
    text('consistency', 'Linearizable(l) or Serializable(s)', 'l'),
    text('order', 'Order of results; ASCEND or DESCEND (ASCEND by default)'),
    text('sort-by', 'Sort target; CREATE, KEY, MODIFY, VALUE, or VERSION'),
    int64('limit', 'Maximum number of results'),
    bool('prefix', 'Get keys with matching prefix'),
    bool('from-key', 'Get keys that are greater than or equal to the given key using byte compare'),
    int64('rev', 'Specify the kv revision'),
    bool('keys-only', 'Get only the keys'),
    bool('count-only', 'Get only the count'),
    bool('print-value-only', 'Only write values when using the "simple" output format'),
    int64('max-create-rev', 'Maximum create revision'),
    int64('min-create-rev', 'Minimum create revision'),
    int64('max-mod-rev', 'Maximum modification revision'),
    int64('min-mod-rev', 'Minimum modification revision'),
    bool('stream', 'Stream the results as the server sends them'),
  ],
  run: runGet,
};

async function runGet(invocation: Invocation): Promise<number> {
  const { args, flags } = invocation;
  const { keys, options } = getOperation(args, flags);
  const { client, output } = await invocation.connect();
  const valueOnly = flags.bool('print-value-only');
  const check = (): void => checkOutput(flags, output);
  if (flags.bool('stream')) {
    check();
    await printStream(client.kv.stream(keys, options), output, valueOnly);
  } else {
    const response = await client.kv.range(keys, options);
    check();
    output.print(rangeAnswer(response, valueOnly));
  }
  client.close();
  return 0;
}

/** `get` as its arguments and flags say; also a line of a transaction. */
export function getOperation(
  args: readonly string[],
  flags: FlagValues,
): { keys: Keys; options: RangeOptions } {
  const [key, end] = args.map(bytesOf);
  if (key === undefined) {
    throw badArguments(
      'get command needs one argument as key and an optional argument as range_end',
    );
  }
  requireOneOf(flags, 'prefix', 'from-key');
  requireOneOf(flags, 'keys-only', 'count-only');
  const consistency = flags.text('consistency');
  if (consistency !== 'l' && consistency !== 's') {
    throw badFeature(`unknown consistency flag ${JSON.stringify(consistency)}`);
  }
  const isRange = flags.bool('prefix') || flags.bool('from-key');
  if (end !== undefined && isRange) throw onlyOneArgument();
  const sort = sortOf(flags);
  const options: RangeOptions = {
    ...sort,
    serializable: consistency === 's',
    limit: flags.integer('limit'),
    revision: flags.integer('rev'),
    keysOnly: flags.bool('keys-only'),
    countOnly: flags.bool('count-only'),
    minModRevision: flags.integer('min-mod-rev'),
    maxModRevision: flags.integer('max-mod-rev'),
    minCreateRevision: flags.integer('min-create-rev'),
    maxCreateRevision: flags.integer('max-create-rev'),
  };
  if (flags.bool('prefix')) return { keys: prefix(key), options };
  if (flags.bool('from-key')) return { keys: from(key), options };
  return { keys: end === undefined ? key : between(key, end), options };
}

export const onlyOneArgument = (): Error =>
  badArguments(
    'too many arguments, only accept one argument when `--prefix` or `--from-key` is set',
  );

const TARGETS: Readonly<Record<string, SortTarget>> = {
  CREATE: 'CREATE',
  KEY: 'KEY',
  MODIFY: 'MOD',
  VALUE: 'VALUE',
  VERSION: 'VERSION',
};

function sortOf(flags: FlagValues): Pick<RangeOptions, 'sortBy' | 'descending'> {
  const order = flags.text('order').toUpperCase();
  if (!['', 'ASCEND', 'DESCEND'].includes(order)) {
    throw badFeature(`bad sort order ${flags.text('order')}`);
  }
  const target = flags.text('sort-by').toUpperCase();
  const sortBy = TARGETS[target];
  if (target !== '' && sortBy === undefined) {
    throw badFeature(`bad sort target ${flags.text('sort-by')}`);
  }
  return {
    ...(sortBy !== undefined && { sortBy }),
    ...(order !== '' && { descending: order === 'DESCEND' }),
  };
}

function checkOutput(flags: FlagValues, { format }: Output): void {
  if (flags.bool('count-only') && format !== 'fields') {
    throw badArguments('--count-only is only for `--write-out=fields`');
  }
  if (flags.bool('print-value-only') && format !== 'simple') {
    throw badArguments('print-value-only is only for `--write-out=simple`');
  }
}

/** Lines as they come; the other formats are one document, which needs its end. */
async function printStream(
  responses: AsyncIterable<RangeResponse>,
  output: Output,
  valueOnly: boolean,
): Promise<void> {
  const kvs: KeyValue[] = [];
  let last: RangeResponse | undefined;
  for await (const response of responses) {
    last = response;
    if (output.format === 'simple') {
      output.write(...response.kvs.flatMap((pair) => pairLines(pair, output.isHex, valueOnly)));
    } else kvs.push(...response.kvs);
  }
  if (output.format === 'simple' || last === undefined) return;
  output.print(rangeAnswer({ ...last, kvs }, valueOnly));
}
