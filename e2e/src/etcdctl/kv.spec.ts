import { usePair } from './pair.js';
import { inEveryFormat, itAnswersTheSame } from './script.js';

const pair = usePair();

describe('put answers as the original', () => {
  itAnswersTheSame(pair, [
    'put foo bar',
    'put foo baz --prev-kv',
    ...inEveryFormat('put foo formats'),
    ...inEveryFormat('put foo previous --prev-kv'),
    'put empty ""',
    { line: 'put from-stdin', stdin: 'typed in\nwith two lines\n' },
    'put foo --ignore-value',
    'put missing --ignore-value',
    'put foo x --ignore-lease',
    'put missing x --ignore-lease',
    'put foo x --ignore-value',
    'put foo x --lease 123456',
    'put foo x --lease zz',
    'put "" value',
    'put "key with spaces" "value with spaces" --hex',
    'put',
    'put a b c d',
    'put foo x --no-such-flag',
    'put foo x -w nonsense',
  ]);
});

describe('get answers as the original', () => {
  itAnswersTheSame(pair, [
    ...['a', 'b', 'c', 'ca', 'cb', 'd', 'e'].map((key, i) => `put ${key} value${9 - i}`),
    'put b second-version',
    'put d second-version',
    'put d third-version',
    ...inEveryFormat('get a'),
    ...inEveryFormat('get "" --prefix'),
    ...inEveryFormat('get c --prefix --keys-only'),
    'get c d -w json',
    'get d c -w json',
    'get missing',
    'get missing -w json',
    'get missing -w fields',
    'get c --from-key -w json',
    'get "" --from-key',
    'get a --hex',
    'get a --print-value-only',
    'get "" --prefix --print-value-only',
    'get a --print-value-only -w json',
    'get "" --prefix --limit 3 -w json',
    'get "" --prefix --limit 3',
    'get "" --prefix --limit 0 -w json',
    ...['CREATE', 'KEY', 'MODIFY', 'VALUE', 'VERSION'].flatMap((target) => [
      `get "" --prefix --sort-by ${target} -w json`,
      `get "" --prefix --sort-by ${target} --order DESCEND -w json`,
      `get "" --prefix --sort-by ${target} --order ASCEND --limit 2 -w json`,
    ]),
    'get a --sort-by NONSENSE',
    'get a --order NONSENSE',
    'get a --consistency s',
    'get a --consistency l',
    'get a --consistency x',
    'get b --rev 10 -w json',
    'get "" --prefix --rev 14 -w json',
    'get a --rev 100000',
    'get a --rev 1',
    'get a --prefix --from-key',
    'get a b --prefix',
    'get',
  ]);
});

describe('del answers as the original', () => {
  itAnswersTheSame(pair, [
    ...['x1', 'x2', 'x3', 'y1', 'y2', 'z'].map((key) => `put ${key} of-${key}`),
    'del x1',
    'del x1',
    'del x2 --prev-kv',
    ...inEveryFormat('del missing'),
    'del x --prefix --prev-kv -w json',
    'del y1 y3 --prev-kv -w fields',
    'del y1 z',
    'del z --from-key --prev-kv',
    'del a b --prefix',
    'del a --prefix --from-key',
    'del ""',
    'del',
    'get "" --prefix -w json',
    'del "" --prefix -w json',
    'get "" --prefix -w json',
  ]);
});

describe('compaction answers as the original', () => {
  itAnswersTheSame(pair, [
    'put k 1',
    'put k 2',
    'put k 3',
    'get k -w json',
    'compaction 50',
    'compaction 50',
    'compaction 49',
    'get k --rev 49',
    'get k --rev 50 -w json',
    'compaction 100000',
    'compaction 0',
    'compaction -5',
    'compaction nonsense',
    'compaction',
    'compaction 52 --physical',
    'get k --rev 51',
    'put k 4',
    'get k -w json',
  ]);
});

it('an answer of megabytes arrives whole', async () => {
  const value = Buffer.alloc(900_000, 'x');
  for (const key of ['big/1', 'big/2', 'big/3']) await pair().raw(['put', key], { stdin: value });
  const { ours, reference } = await pair().raw(['get', 'big/', '--prefix']);
  expect(ours.stdout.length).toBe(reference.stdout.length);
  expect(ours.stdout).toMatch(/^(?:big\/\d\nx{900000}\n){3}$/u);
});
