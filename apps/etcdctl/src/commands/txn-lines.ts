import type { Condition, Operation } from '@etcd-ts/client';
import { compare, del, get, put } from '@etcd-ts/client';
import {
  ExitCode,
  ExitError,
  FlagValues,
  nameOf,
  optionsOf,
  parseFlags,
  parseInteger,
  quote,
} from '@etcd-ts/command-line';
import type { Command } from '../command.js';
import { bytesOf } from '../word-bytes.js';
import { DEL, deleteOperation } from './del.js';
import { GET, getOperation } from './get.js';
import { PUT, putOperation } from './put.js';
import { splitWords, unquoted } from './words.js';

const invalid = (message: string): ExitError => new ExitError(ExitCode.invalidInput, message);

/** `"key") = "value"`, or as much as there is of it; what comes behind it does not matter. */
const COMPARISON =
  /^[^\S\n]*("(?:[^"\\]|\\.)*"|`[^`]*`)(?:\)[^\S\n]+(\S+)(?:[^\S\n]+("(?:[^"\\]|\\.)*"|`[^`]*`))?)?/su;

/** `mod("key") > "0"`: target, key, operator, value. */
export function parseCompare(line: string): Condition {
  const open = line.indexOf('(');
  if (open < 0) throw invalid(`malformed comparison: ${line}`);
  const target = line.slice(0, open);
  const [, key, scannedSign = '', value] = COMPARISON.exec(line.slice(open + 1)) ?? [];
  const keyText = key === undefined ? undefined : unquoted(key);
  const sign = keyText === undefined ? '' : scannedSign;
  const valueText = value === undefined ? undefined : unquoted(value);
  if (keyText === undefined || valueText === undefined) {
    const [keyGot, valueGot] = [keyText, keyText && valueText].map((text) =>
      quote(bytesOf(text ?? '')),
    );
    const got = `${target}(${keyGot}) ${sign} ${valueGot}`;
    throw invalid(`malformed comparison: ${line}; got ${got}`);
  }
  const comparisons = compare(bytesOf(keyText));
  const number = (): bigint => numberOf(line, valueText, target);
  switch (target) {
    case 'ver':
    case 'version':
      return signed(comparisons.version, sign, number, line);
    case 'c':
    case 'create':
      return signed(comparisons.createRevision, sign, number, line);
    case 'm':
    case 'mod':
      return signed(comparisons.modRevision, sign, number, line);
    case 'lease':
      return signed(comparisons.lease, sign, number, line);
    case 'val':
    case 'value':
      return signed(comparisons.value, sign, () => bytesOf(valueText), line);
    default:
      throw invalid(`malformed comparison: ${line} (unknown target ${target})`);
  }
}

interface Signs<Value> {
  equals(value: Value): Condition;
  isNot(value: Value): Condition;
  isGreaterThan(value: Value): Condition;
  isLessThan(value: Value): Condition;
}

function signed<Value>(
  signs: Signs<Value>,
  sign: string,
  value: () => Value,
  line: string,
): Condition {
  switch (sign) {
    case '=':
      return signs.equals(value());
    case '!=':
      return signs.isNot(value());
    case '>':
      return signs.isGreaterThan(value());
    case '<':
      return signs.isLessThan(value());
    default:
      throw invalid(`malformed comparison: ${line} (unknown operator ${sign})`);
  }
}

function numberOf(line: string, text: string, target: string): bigint {
  // Leases are written as everywhere on the command line.
  const outcome = parseInteger(text, { base: target === 'lease' ? 16 : 10 });
  if (outcome.kind === 'ok') return outcome.value;
  throw invalid(`invalid txn compare request: ${line}`);
}

const OPERATIONS: readonly Command[] = [GET, PUT, DEL];

/** A line such as `put key value --lease=1234`: the commands themselves, with their flags. */
export async function parseOperation(line: string): Promise<Operation> {
  const [name = '', ...words] = splitWords(line);
  if (words.length === 0) throw invalid(`invalid txn compare request: ${line}`);
  const command = OPERATIONS.find((each) => nameOf(each) === name);
  if (command === undefined) throw invalid(`invalid txn request: ${line}`);
  const flags = new FlagValues(
    optionsOf({ commands: [{ ...command, inheritedFlags: [] }, command] }),
  );
  const parsed = parseFlags(flags, words);
  if (parsed.kind === 'error') throw invalid(`invalid txn request: ${line}`);
  const { args } = parsed;
  if (command === GET) {
    const { keys, options } = getOperation(args, flags);
    return get(keys, options);
  }
  if (command === DEL) {
    const { keys, options } = deleteOperation(args, flags);
    return del(keys, options);
  }
  // A value cannot come from standard input, which is the transaction itself.
  const { key, value, options } = await putOperation(args, flags, () => {
    throw new ExitError(
      ExitCode.badArguments,
      'put command needs 1 argument and input from stdin or 2 arguments',
    );
  });
  return put(key, value, options);
}
