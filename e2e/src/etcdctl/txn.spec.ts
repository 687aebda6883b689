import { usePair } from './pair.js';
import { itAnswersTheSame, type Step } from './script.js';

const pair = usePair();

/** The three sections etcdctl reads, each ended by an empty line. */
function txn(
  compares: readonly string[],
  success: readonly string[],
  failure: readonly string[],
  flags = '',
): Step {
  const section = (lines: readonly string[]): string => lines.map((l) => `${l}\n`).join('') + '\n';
  return {
    line: `txn ${flags}`.trim(),
    stdin: section(compares) + section(success) + section(failure),
  };
}

const FORMATS = ['-w simple', '-w json', '-w fields', '-w protobuf', '-w table'];
const OPERATIONS = ['get a', 'put t1 v', 'get t1', 'del t1', 'get "" --prefix', 'del missing'];

describe('txn answers as the original', () => {
  itAnswersTheSame(pair, [
    'put a 1',
    'put b 2',
    'put b 3',
    ...FORMATS.map((format) => txn(['mod("a") > "0"'], OPERATIONS, ['get b'], format)),
    ...FORMATS.map((format) => txn(['mod("a") < "0"'], ['get b'], OPERATIONS, format)),
    ...FORMATS.map((format) => txn(['mod("a") > "0"'], OPERATIONS, [], `-i ${format}`)),
    ...['=', '!=', '<', '>'].flatMap((sign) => [
      txn([`version("b") ${sign} "2"`], ['get a'], ['get b']),
      txn([`ver("b") ${sign} "1"`], ['get a'], ['get b']),
      txn([`create("b") ${sign} "3"`], ['get a'], ['get b']),
      txn([`c("b") ${sign} "4"`], ['get a'], ['get b']),
      txn([`mod("b") ${sign} "4"`], ['get a'], ['get b']),
      txn([`value("b") ${sign} "3"`], ['get a'], ['get b']),
      txn([`val("missing") ${sign} "3"`], ['get a'], ['get b']),
      txn([`version("missing") ${sign} "0"`], ['get a'], ['get b']),
    ]),
    txn(['mod("a") > "0"', 'value("a") = "1"', 'version("b") = "2"'], ['put c 1'], ['get a']),
    txn(['mod("a") > "0"', 'value("a") = "2"'], ['put c 1'], ['put d 1'], '-w json'),
    txn([], [], []),
    txn([], ['put same 1', 'put same 2'], []),
    txn([], ['put same 1', 'del same'], []),
    txn([], ['put same 1', 'del s --prefix'], []),
    txn([], ['del same', 'del s --prefix'], []),
    txn([], ['put x y --lease 1234'], []),
    txn([], ['get a --rev 100000'], []),
    txn([], ['put missing --ignore-value'], []),
    txn([], ['put a z --prev-kv', 'del b --prev-kv', 'get "" --prefix --keys-only'], [], '-w json'),
    txn(['nonsense'], [], []),
    txn([], ['frobnicate a'], []),
    txn(
      [],
      Array.from({ length: 129 }, (_, i) => `put many${i} v`),
      [],
    ),
    txn(
      [],
      Array.from({ length: 128 }, (_, i) => `put many${i} v`),
      [],
      '-w json',
    ),
    'txn argument',
    'get "" --prefix -w json',
  ]);
});
