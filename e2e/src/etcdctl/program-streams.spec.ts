import { statSync } from 'node:fs';
import { join } from 'node:path';

import {
  createScratchDirectory,
  eventually,
  removeScratchDirectory,
  runCommand,
} from '@etcd-ts/testkit';
import type { BackgroundCommand } from '@etcd-ts/testkit';

import type { Both } from './pair.js';
import { itPrintsTheSame, useProgramPair } from './program-pair.js';

/* Commands that go on until somebody ends them, at the original's server. */

const pair = useProgramPair('reference');

async function bothPrint(commands: Both<BackgroundCommand>, text: string): Promise<void> {
  await eventually(`both print ${text}`, () =>
    [commands.ours, commands.reference].every(({ stdout }) => stdout.includes(text))
      ? true
      : undefined,
  );
}

const withoutLease = (text: string): string => text.replaceAll(/\/[0-9a-f]{13,16}\b/gu, '/LEASE');

async function endAlike(commands: Both<BackgroundCommand>): Promise<void> {
  const [ours, reference] = await Promise.all([commands.ours.stop(), commands.reference.stop()]);
  expect(withoutLease(ours.stdout)).toBe(withoutLease(reference.stdout));
  expect([ours.exitCode, ours.signal]).toEqual([reference.exitCode, reference.signal]);
}

describe('watch', () => {
  itPrintsTheSame(pair, [
    'put w/a 1',
    'put w/b 2',
    'put w/a 3',
    'del w/a',
    'put other 1',
    'put w/z LAST',
  ]);

  it.each([
    ['watch w/ --prefix --rev 1', 'LAST'],
    ['watch w/ --prefix --rev 1 --prev-kv -w json', 'TEFTVA'],
    ['watch w/ --prefix --rev 3 --prev-kv -w fields', 'LAST'],
    ['watch w/a w/b --rev 1 --hex', '33'],
    ['watch w/z --rev 1 -w protobuf', 'LAST'],
    ["watch w/a --rev 1 -- sh -c 'echo $ETCD_WATCH_EVENT_TYPE $ETCD_WATCH_KEY'", 'DELETE" "w/a"'],
  ])('%s', async (line, last) => {
    const watches = pair().start(line);
    await bothPrint(watches, last);
    await endAlike(watches);
  });

  it('in interactive mode takes several watches, and says what it does not know', async () => {
    const watches = pair().start('watch -i');
    for (const command of [watches.ours, watches.reference]) {
      command.write('nonsense x\nwatch\nwatch w/a --rev 1 --prev-kv\nwatch w/z --rev 1\n');
    }
    await bothPrint(watches, 'LAST');
    await bothPrint(watches, 'DELETE');
    for (const command of [watches.ours, watches.reference]) command.endInput();
    const [ours, reference] = await Promise.all([watches.ours.ended, watches.reference.ended]);
    expect(ours.stderr).toBe(reference.stderr);
    expect(ours.stdout.split('\n').sort()).toEqual(reference.stdout.split('\n').sort());
    expect(ours.exitCode).toBe(reference.exitCode);
  });

  itPrintsTheSame(pair, [
    "watch w/a --rev 1 -- sh -c 'exit 4'",
    'watch b a',
    'compaction 4',
    'watch w/ --prefix --rev 2',
    'watch w/ --prefix --rev 2 -w json',
  ]);
});

describe('lock', () => {
  it('prints its key, makes the next one wait, and gives way to it', async () => {
    const first = pair().start('lock mutex');
    await bothPrint(first, 'mutex/');
    const second = pair().start('lock mutex --ttl 5');
    await eventually('both wait in line', async () => {
      const { ours, reference } = await pair().raw('get mutex/ --prefix --keys-only -w json');
      return [ours, reference].every(({ stdout }) => stdout.includes('"count":2'))
        ? true
        : undefined;
    });
    expect(second.ours.stdout + second.reference.stdout).toBe('');
    await endAlike(first);
    await bothPrint(second, 'mutex/');
    await endAlike(second);
  });

  itPrintsTheSame(pair, [
    'lock job echo held',
    'lock job no-such-program-anywhere',
    'get job/ --prefix --keys-only',
  ]);

  it('runs a command, which finds the key in its environment, and ends as it does', async () => {
    const line = "lock job -- sh -c 'echo $ETCD_LOCK_KEY; exit 7'";
    const { ours, reference } = await pair().raw(line);
    expect(withoutLease(ours.stdout)).toBe(withoutLease(reference.stdout));
    expect(ours.stderr).toBe(reference.stderr);
    // 3.4 always ends with 1; later ones, and this, as the command.
    expect(ours.exitCode).toBe(7);
  });
});

describe('elect', () => {
  it('elects one, tells observers, and then the next', async () => {
    const first = pair().start('elect office alice');
    await bothPrint(first, 'alice');
    const observer = pair().start('elect office -l');
    await bothPrint(observer, 'alice');
    const second = pair().start('elect office bob');
    await eventually('both wait in line', async () => {
      const { ours, reference } = await pair().raw('get office/ --prefix --keys-only -w json');
      return [ours, reference].every(({ stdout }) => stdout.includes('"count":2'))
        ? true
        : undefined;
    });
    await endAlike(first);
    await bothPrint(second, 'bob');
    await bothPrint(observer, 'bob');
    await endAlike(observer);
    await endAlike(second);
  });
});

describe('lease keep-alive', () => {
  it('goes on until the lease is revoked', async () => {
    const { ours, reference } = await pair().raw('lease grant 15');
    const id = (text: string): string => /lease (\w{16}) /u.exec(text)?.[1] ?? '';
    pair().bind('kept', { ours: id(ours.stdout), reference: id(reference.stdout) });
    const keepers = pair().start('lease keep-alive {kept}');
    await bothPrint(keepers, 'keepalived');
    await pair().raw('lease revoke {kept}');
    const ended = await Promise.all([keepers.ours.ended, keepers.reference.ended]);
    for (const { stdout, exitCode } of ended) {
      expect(stdout).toMatch(/expired or revoked\.\n$/u);
      expect(exitCode).toBe(0);
    }
  });
});

describe('snapshot save', () => {
  it('makes a file that the original accepts, as the original does', async () => {
    const directory = createScratchDirectory('snapshot');
    try {
      const file = join(directory, 'one.db');
      const { ours } = await pair().raw(`snapshot save ${file}`);
      expect(ours.stdout).toBe(`Snapshot saved at ${file}\n`);
      expect([ours.exitCode, statSync(file).mode & 0o777]).toEqual([0, 0o600]);
      const status = await runCommand('etcdctl', ['snapshot', 'status', file, '-w', 'json'], {
        env: { ETCDCTL_API: '3' },
      });
      expect(JSON.parse(status.stdout)).toHaveProperty('revision');
    } finally {
      removeScratchDirectory(directory);
    }
  });
});

describe('make-mirror', () => {
  it('copies what is there and what comes, under the prefix it is told', async () => {
    const destination = pair().endpoint('reference');
    const line = `make-mirror ${destination} --prefix w/ --dest-prefix copy/`;
    const mirror = pair().start(line);
    const copied = async (key: string): Promise<string> => {
      const { reference } = await pair().raw(`get ${key} --print-value-only`);
      return reference.stdout;
    };
    await eventually('what was there', async () =>
      (await copied('copy/z')) === 'LAST\n' ? true : undefined,
    );
    await pair().raw('put w/new fresh');
    await pair().raw('del w/b');
    await eventually('what came', async () =>
      (await copied('copy/new')) === 'fresh\n' && (await copied('copy/b')) === ''
        ? true
        : undefined,
    );
    await Promise.all([mirror.ours.stop(), mirror.reference.stop()]);
  });
});
