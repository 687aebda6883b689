import { runCommand } from '@etcd-ts/testkit';

import { itPrintsTheSame, useProgramPair } from './program-pair.js';
import { inEveryFormat, type Step } from './script.js';

/* Our etcdctl beside the original's, both at the original's server. */

const pair = useProgramPair('reference');

/** The formats that matter most; a process for every line costs time. */
const inFormats = (line: string, ...formats: readonly string[]): string[] =>
  formats.map((format) => `${line} -w ${format}`);

const txn = (compares: string, success: string, failure: string, flags = ''): Step => ({
  line: `txn ${flags}`.trim(),
  stdin: [compares, success, failure]
    .map((section) => `${section}\n\n`)
    .join('')
    .replace(/^\n\n/u, '\n'),
});

describe('keys', () => {
  itPrintsTheSame(pair, [
    'put foo bar',
    ...inFormats('put foo baz --prev-kv', 'json', 'fields', 'simple'),
    { line: 'put stdin', stdin: 'typed\nin\n' },
    'put "with space" "<&>\u2028é"',
    ...inEveryFormat('get foo'),
    ...inFormats('get "" --prefix', 'simple', 'json', 'fields'),
    'get "" --prefix --hex',
    'get "" --from-key --keys-only',
    'get f g --limit 1 -w json',
    'get "" --prefix --sort-by VALUE --order descend --print-value-only',
    'get foo --rev 1 -w fields',
    'get foo --rev 99999',
    'get missing -w json',
    'get foo --consistency s -w json',
    'put foo --ignore-value --prev-kv',
    'put foo x --ignore-lease',
    'put foo x --lease 12',
    'del missing',
    ...inFormats('del foo --prev-kv', 'json', 'simple'),
    'put a 1',
    'put b 2',
    'del a --from-key --prev-kv -w fields',
    'compaction 3',
    'compaction 3',
    'get foo --rev 2',
  ]);
});

describe('transactions', () => {
  itPrintsTheSame(pair, [
    'put a 1',
    ...['simple', 'json', 'fields'].map((format) =>
      txn(
        'mod("a") > "0"',
        'put x "y z"\nget x\nget a --keys-only\ndel other',
        'get b',
        `-w ${format}`,
      ),
    ),
    txn('value("a") = "2"\nversion("a") = "1"', 'put x y', 'get a', '-i'),
    txn(
      'value("a") = "\\xff"',
      '',
      'put "\\xff\\303" "\\xfe\\000\\u00e9"\nget "\\xff\\303"\ndel "\\xff\\303"',
      '-w json',
    ),
    txn('bad', '', ''),
    txn('nope("a") = "0"', '', ''),
    txn('mod("a") = "x"', '', ''),
    txn('', 'frobnicate', ''),
    txn('', 'put a 1\nput a 2', ''),
    { line: 'txn', stdin: '\n' },
  ]);
});

describe('members and maintenance', () => {
  itPrintsTheSame(pair, [
    ...inEveryFormat('member list'),
    ...inFormats('endpoint health', 'simple', 'fields'),
    'alarm list',
    'alarm disarm -w json',
    'defrag',
    'move-leader 12',
    'member remove 12',
    'member promote 12',
    'member update 12 --peer-urls http://127.0.0.1:1',
    'endpoint hashkv --rev 100000',
    'compaction 100000',
  ]);
});

describe('leases', () => {
  it('are granted with an id of the server', async () => {
    const { ours, reference } = await pair().raw('lease grant 1000');
    const id = (text: string): string => /lease (\w{16}) /.exec(text)?.[1] ?? '';
    pair().bind('lease', { ours: id(ours.stdout), reference: id(reference.stdout) });
    expect(id(ours.stdout)).toMatch(/^[0-9a-f]{16}$/);
  });

  itPrintsTheSame(pair, [
    'put leased 1 --lease {lease}',
    ...inFormats('get leased', 'json', 'fields'),
    ...inFormats('lease timetolive {lease} --keys', 'simple'),
    ...inFormats('lease list', 'simple', 'json'),
    ...inFormats('lease keep-alive {lease} --once', 'simple', 'json'),
    ...inFormats('lease timetolive 1234', 'json', 'fields'),
    'lease keep-alive 1234',
    'lease keep-alive 1234 --once',
    'lease revoke {lease}',
    'lease revoke {lease}',
    'lease timetolive {lease}',
    'lease list',
  ]);
});

describe('users and roles', () => {
  itPrintsTheSame(pair, [
    ...inFormats('role add r', 'simple', 'json', 'table'),
    'role grant-permission r read a',
    'role grant-permission r write b c',
    'role grant-permission r readwrite d --prefix',
    'role grant-permission r readwrite e --from-key',
    'role grant-permission r read "" --prefix',
    ...inFormats('role get r', 'simple', 'json', 'fields', 'protobuf'),
    ...inFormats('role list', 'simple', 'fields'),
    'user add u:p',
    { line: 'user add v --interactive=false', stdin: 'secret\n' },
    'user add w --no-password',
    'user grant-role u r',
    ...inFormats('user get u', 'simple', 'json'),
    ...inFormats('user get u --detail', 'simple', 'json'),
    'user get v',
    ...inFormats('user list', 'simple', 'json'),
    { line: 'user passwd u --interactive=false', stdin: 'other\n' },
    'role revoke-permission r a',
    'role revoke-permission r b c',
    'role revoke-permission r d --prefix',
    'role revoke-permission r e --from-key -w json',
    'user revoke-role u r',
    'user revoke-role u r',
    'user delete w',
    'user delete w',
    'auth enable',
    'user add root:root',
    'auth enable',
    'get a',
    'get a --user root:root',
    'get a --user root:wrong',
    'get a --user u:other',
    'user list --user u:other',
    'role get root --user root:root',
    { line: 'member list --user root', stdin: 'root\n' },
    'auth disable --user root --password root',
    'get a --user root:root',
  ]);
});

describe('any bytes, on the command line as well', () => {
  it.each([
    ['are keys and values', '"$@" put "$k" "$k"; "$@" get "$k" -w json; "$@" del "$k"'],
    [
      'name locks, and are passed on to the command with its own',
      `"$@" lock "$k" -- sh -c 'printf %s "$ETCD_LOCK_KEY $1"; exit 3' sh "$k" | od -An -c -w2 -v`,
    ],
    [
      'name elections, and stand in them',
      `log=$(mktemp); "$@" elect "$k" "$k" > "$log" & until [ $(wc -l < "$log") = 2 ]; do sleep 0.1; done
       < "$log" od -An -c -w2 -v; kill -INT $!; wait $!; rm "$log"`,
    ],
    ['that name no program', '"$@" lock l -- "$k"; "$@" lock l -- /nope; "$@" lock l -- /tmp'],
  ])('%s', async (_what, commands) => {
    // Node could not pass them on; a shell can.
    const script = `k=$(printf "\\377\\303("); ${commands}`;
    const run = async (side: 'ours' | 'reference'): Promise<readonly unknown[]> => {
      const [file, args] = pair().command(side, '');
      const env = { ETCDCTL_API: '3' };
      const command = ['-c', script, 'sh', file, ...args];
      const { stdout, stderr } = await runCommand('sh', command, { env });
      return [withoutIds(stdout), stderr];
    };
    expect(await run('ours')).toEqual(await run('reference'));
  });
});

/** Nor the lease in the key of a lock, where od has put it. */
const withoutIds = (text: string): string =>
  text.replace(/"header":\{.*?\}/u, '').replace(/\/(?:\s+[0-9a-f]){14,16}/gu, '/LEASE');
