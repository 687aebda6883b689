import { usePair } from './pair.js';
import { inEveryFormat, itAnswersTheSame } from './script.js';
import type { Step } from './script.js';

const pair = usePair(['--bcrypt-cost', '4']);

/** The same line as each of these users; `someone` has no role, and `nobody` gives no name. */
const USERS = {
  root: '--user root:r',
  limited: '--user ann:a',
  reader: '--user bob --password b',
  someone: '--user cid:c',
  nobody: '',
};

function asEverybody(lines: readonly string[]): Step[] {
  return lines.flatMap((line) => Object.values(USERS).map((user) => `${user} ${line}`.trim()));
}

const asRoot = (lines: readonly string[]): Step[] => lines.map((line) => `${USERS.root} ${line}`);

const TXN = 'txn -w json';
const txn = (compare: string, success: string, failure: string): string =>
  `${compare}\n\n${success}\n\n${failure}\n\n`;
const TRANSACTIONS: readonly string[] = [
  txn('ver("a1") > "0"', 'put a2 x', 'get a3'),
  txn('ver("z") > "0"', 'get a1', 'get a2'),
  txn('ver("a1") = "0"', 'del z', 'get a2'),
  txn('ver("a1") > "0"', 'get a1', 'put z 1'),
  txn('val("a1") = "1"', 'get a1 b', ''),
];

describe('etcdctl with users', () => {
  describe('before authentication is enabled', () => {
    itAnswersTheSame(pair, [
      'put z 0',
      'put a1 0',
      'auth enable',
      'user add root:r',
      'user add root:r',
      'user add',
      'user add :x',
      { line: 'user add ann --interactive=false', stdin: 'a\n' },
      'user add bob --new-user-password b',
      'user add cid:c',
      'user add eve --no-password',
      'user delete nobody',
      'user delete',
      ...inEveryFormat('user list'),
      'user get cid',
      'user get unknown',
      'user get',
      'role add root',
      'role add writer',
      'role add reader',
      'role add writer',
      'role add',
      'role grant-permission writer readwrite a b',
      'role grant-permission writer write w --prefix',
      'role grant-permission writer read "" --from-key',
      'role grant-permission reader read a b',
      'role grant-permission reader read b',
      'role grant-permission reader nonsense b',
      'role grant-permission unknown read b',
      'role grant-permission reader',
      'role revoke-permission reader c',
      'role revoke-permission reader b',
      'role revoke-permission unknown b',
      ...inEveryFormat('role get writer'),
      'role get reader',
      'role get unknown',
      ...inEveryFormat('role list'),
      'user grant-role root root',
      'user grant-role ann writer',
      'user grant-role ann writer',
      'user grant-role bob reader',
      'user grant-role cid unknown',
      'user grant-role unknown reader',
      'user revoke-role cid reader',
      ...inEveryFormat('user get ann'),
      'user get ann --detail',
      '--user ann:a get a1',
      'auth disable',
      'auth enable',
      'auth enable',
    ]);
  });

  describe('while it is enabled', () => {
    itAnswersTheSame(
      pair,
      asEverybody([
        'put a1 1',
        'put a1 2 --prev-kv',
        'put z 1',
        'put w1 1',
        'put w1 2 --prev-kv',
        'get a1',
        'get a1 -w json',
        'get z',
        'get a b',
        'get a c',
        'get a --prefix',
        'get a --from-key',
        'get "" --from-key',
        'get a1 --consistency s',
        'get z --consistency s --count-only -w fields',
        'del a9',
        'del a1 --prev-kv',
        'del z',
        'del a z',
        'del w1 --prev-kv',
        'user list',
        'user get ann',
        'user get cid',
        'role list',
        'role get reader',
        'role get writer',
        'user add x:x',
        'role add x',
        'role grant-permission reader read x',
        'user delete x',
        'role delete x',
        'user grant-role cid reader',
        'user revoke-role cid reader',
        'auth enable',
      ]),
    );
    itAnswersTheSame(
      pair,
      Object.values(USERS).flatMap((user) =>
        TRANSACTIONS.map((stdin) => ({ line: `${user} ${TXN}`.trim(), stdin })),
      ),
    );
    itAnswersTheSame(pair, [
      '--user ann:wrong get a1',
      '--user unknown:x get a1',
      '--user eve:x get a1',
      '--user :a get a1',
      '--user ann --password wrong get a1',
      { line: '--user root:r user passwd cid --interactive=false', stdin: 'new\n' },
      '--user cid:c get z',
      '--user cid:new get z',
      '--user root:r user delete root',
      '--user root:r user revoke-role root root',
      '--user root:r role delete root',
      '--user ann:a auth disable',
      'auth disable',
    ]);
    itAnswersTheSame(pair, [
      // Of the others, etcd 3.4 lets everybody compact.
      ...asRoot(['compaction 1000000', 'role delete writer', 'user get ann']),
      ...asEverybody(['get a1', 'put a1 3']).filter((step) => String(step).includes('ann')),
      ...asRoot(['user delete bob']),
      '--user bob --password b get a1',
      ...asRoot(['auth disable', 'auth disable']),
    ]);
  });

  describe('when it is disabled again', () => {
    itAnswersTheSame(pair, ['get a1', 'put z 2', 'user list', 'role list', '--user root:r get z']);
  });
});
