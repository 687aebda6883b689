import { eventually } from '@etcd-ts/testkit';
import type { CommandResult } from '@etcd-ts/testkit';

import { usePair, type Both } from './pair.js';
import { inEveryFormat, itAnswersTheSame } from './script.js';

const pair = usePair();

function leaseIdIn(result: CommandResult): string {
  const id = /lease ([0-9a-f]{16}) granted/.exec(result.stdout)?.[1];
  if (id === undefined) throw new Error(`no lease was granted: ${JSON.stringify(result)}`);
  return id;
}

/** Each server picks its own id; from here on `{name}` means it. */
async function grant(name: string, ttlSeconds: number): Promise<void> {
  const results = await pair().raw(['lease', 'grant', String(ttlSeconds)]);
  const ids: Both<string> = {
    ours: leaseIdIn(results.ours),
    reference: leaseIdIn(results.reference),
  };
  pair().bind(name, ids);
  expect(results.ours.stdout.replace(ids.ours, name)).toBe(
    results.reference.stdout.replace(ids.reference, name),
  );
}

describe('lease commands answer as the original', () => {
  it('grants a lease, whose id each server picks', async () => {
    await grant('long', 1000);
    await grant('other', 2000);
    await grant('soon', 1);
  });

  itAnswersTheSame(pair, [
    'put with-lease 1 --lease {long}',
    'put also-leased 2 --lease {long}',
    'put moved 1 --lease {long}',
    'put moved 2 --lease {other}',
    'put released 1 --lease {other}',
    'put released 2',
    'put with-lease --ignore-value --lease {long}',
    'put with-lease 3 --ignore-lease',
    // Not as protobuf: an id within bytes cannot be replaced.
    ...inEveryFormat('get with-lease').filter((line) => !line.includes('protobuf')),
    ...inEveryFormat('lease timetolive {long} --keys').filter(
      (line) => !/json|fields|protobuf/.test(line),
    ),
    'lease timetolive {other} --keys',
    'lease timetolive {other}',
    'lease timetolive 1234',
    'lease timetolive 1234 -w json',
    'lease timetolive',
    'lease timetolive zz',
    'lease keep-alive --once {long}',
    'lease keep-alive --once {long} -w json',
    'lease keep-alive --once 1234',
    'lease keep-alive',
    'lease grant',
    'lease grant nonsense',
    'lease grant 9000000001',
    'lease revoke {other}',
    'lease revoke {other}',
    ...inEveryFormat('lease revoke 1234'),
    'lease revoke',
    'lease revoke zz',
    'get moved',
    'get released',
    'lease timetolive {other} --keys',
    'get "" --prefix -w json',
  ]);

  it('lists the leases that are left', async () => {
    await eventually('the short lease is gone', async () => {
      const { ours, reference } = await pair().run(['lease', 'list']);
      const alone = 'found 1 leases\n{long}\n';
      return ours.stdout === alone && reference.stdout === alone ? true : undefined;
    });
    for (const format of ['simple', 'json', 'fields', 'protobuf']) {
      const { ours, reference } = await pair().run(['lease', 'list', '-w', format]);
      if (format !== 'protobuf') expect(ours).toEqual(reference);
    }
  });

  it('ends keep-alive when the lease is revoked', async () => {
    await grant('kept', 5);
    const keepers = pair().start(['lease', 'keep-alive', '{kept}']);
    await eventually('both keep the lease alive', () =>
      [keepers.ours, keepers.reference].every(({ stdout }) => stdout.includes('keepalived'))
        ? true
        : undefined,
    );
    await pair().run(['lease', 'revoke', '{kept}']);
    const [ours, reference] = await Promise.all([keepers.ours.ended, keepers.reference.ended]);
    expect(pair().text('ours', ours.stdout).split('\n').slice(-2)).toEqual(
      pair().text('reference', reference.stdout).split('\n').slice(-2),
    );
    expect(ours.exitCode).toBe(reference.exitCode);
  });
});
