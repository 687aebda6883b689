import { useProgramPair } from './program-pair.js';

/* What is wrong with a command line is said in the same words, with the same exit code. */

const pair = useProgramPair('reference');

/** Lines that change nothing, so that several may run at once. */
const WRONG: readonly string[] = [
  'get',
  'get a --prefix --from-key',
  'get a b --prefix',
  'get a --consistency x',
  'get a --order x',
  'get a --sort-by x',
  'get a --print-value-only -w json',
  'get a --limit x',
  'get a --limit',
  'get a --keys-only=maybe',
  'get a --nope',
  'get -z',
  'get --=x',
  'get a -wfoo',
  'get a -w',
  'get a --dial-timeout x',
  '--dial-timeout=1 get a',
  'get a --cert ""',
  'get a --cert x',
  'get a --cacert /nope',
  'put',
  'put a b --ignore-value',
  'put a b --lease zz',
  'del',
  'del a b c',
  'del a --prefix --from-key',
  'txn x',
  'watch',
  'watch a --',
  'watch a b --prefix',
  'lease grant',
  'lease grant x',
  'lease revoke zz',
  'lease timetolive',
  'lease keep-alive zz',
  'lock',
  'elect',
  'elect a',
  'elect a b -l',
  'member add',
  'member add a',
  'member add a --peer-urls=zz',
  'member add a b --peer-urls=http://x:1',
  'member remove zz',
  'member update 12',
  'member promote',
  'alarm list x',
  'compaction',
  'compaction x',
  'move-leader zz',
  'snapshot save',
  'snapshot save /nope/x.db',
  'make-mirror',
  'make-mirror a --dest-prefix b --no-dest-prefix',
  'user add',
  'user add :p',
  'user add u',
  'user grant-role a',
  'user list x',
  'role grant-permission r bad k',
  'role grant-permission r read a --prefix --from-key',
  'role grant-permission r read a b --prefix',
  'role revoke-permission r',
  'auth enable x',
  'check perf --load zz',
  'nonsense',
  'gte',
  'help nonsense',
  'lease',
  'endpoint nonsense',
  'completion',
  '--nope',
  'version x',
  'lease grant --help',
  'mem list',
  '--endpoints 127.0.0.1:1 --command-timeout 300ms get a',
  '--endpoints 127.0.0.1:1 --command-timeout 300ms endpoint status',
  '--endpoints 127.0.0.1:1 --command-timeout 300ms endpoint health',
  '--endpoints 127.0.0.1:1 --command-timeout 300ms endpoint health --cluster',
  '--endpoints 127.0.0.1:1,127.0.0.1:2 snapshot save /tmp/x.db',
];

const AT_ONCE = 4;

describe('a wrong command line', () => {
  const batches = Array.from({ length: Math.ceil(WRONG.length / AT_ONCE) }, (_, i) =>
    WRONG.slice(i * AT_ONCE, (i + 1) * AT_ONCE),
  );

  it.each(batches.map((lines) => [lines.join(' | '), lines] as const))(
    '%s',
    async (_name, lines) => {
      const results = await Promise.all(lines.map((line) => pair().run(line)));
      const seen = (side: 'ours' | 'reference'): unknown =>
        results.map((result, i) => ({ line: lines[i], ...result[side] }));
      expect(seen('ours')).toEqual(seen('reference'));
    },
  );
});

/** Comparisons of transactions as Go scans them, operations, and lines of watches. */
const TYPED: readonly (readonly [line: string, typed: readonly string[], behind: string])[] = [
  ['txn', ['mod(a) = "0"', 'mod("a" = "0"', 'mod("a" ) = "0"', 'mod("a")="0"'], '\n\n\n'],
  ['txn', ['mod("a")', 'mod(', 'mod("a") = "\\q"', 'mod("\\xff\\t\\u00e9") = 0'], '\n\n\n'],
  ['txn', ['mod("a")  =   "0" x', 'mod(`a`) = `0`', 'mod("a") = "0")'], '\n\n\n'],
  ['txn', ['\nput a "\\q"', '\nput a "\\\'"', '\nput a "\\x4"'], '\n\n'],
  ['watch -i', ['  ', 'nope  "a b"', 'watch', 'watch a   b --prefix'], ''],
  ['watch -i', ['watch a --', 'watch "\\q"', 'progress x'], ''],
];

it.each(TYPED)(
  'a wrong line typed into %s is told in the same words: %j',
  async (line, ...rest) => {
    const [typed, behind] = rest;
    const stdin = (text: string): string => `${text}\n${behind}`;
    const results = await Promise.all(
      typed.map((text) => pair().run(line, { stdin: stdin(text) })),
    );
    const seen = (side: 'ours' | 'reference'): unknown =>
      results.map((result, i) => ({ typed: typed[i], ...result[side] }));
    expect(seen('ours')).toEqual(seen('reference'));
  },
);

it.each(['watch b', 'watch --'])('typed where the environment has a key: %s', async (typed) => {
  const env = { ETCDCTL_WATCH_KEY: 'k' };
  const { ours, reference } = await pair().run('watch -i', { env, stdin: `${typed}\n` });
  expect(ours).toEqual(reference);
});

describe('variables of the environment', () => {
  it.each([
    ['stand in for flags', { ETCDCTL_WRITE_OUT: 'json', ETCDCTL_HEX: '1' }],
    ['that mean nothing are told', { ETCDCTL_NONSENSE: 'x' }],
    ['contradict a flag', { ETCDCTL_COMMAND_TIMEOUT: '3s' }],
    ['of a bad value are ignored', { ETCDCTL_HEX: 'maybe' }],
  ])('%s', async (_what, env) => {
    const line = 'get a --command-timeout 4s';
    const { ours, reference } = await pair().run(line, { env });
    expect(ours).toEqual(reference);
  });
});
