import { eventually } from '@etcd-ts/testkit';
import type { BackgroundCommand, CommandResult } from '@etcd-ts/testkit';

import { usePair, type Both } from './pair.js';

const pair = usePair();

/** The lease a session made is part of its key; each server picked its own. */
function withoutLease(output: string): string {
  return output
    .replaceAll(/\/[0-9a-f]{15,16}\b/g, '/LEASE')
    .replaceAll(/\d+ms|\d+\.\d+/g, 'DURATION');
}

async function bothPrint(commands: Both<BackgroundCommand>, text: string): Promise<void> {
  await eventually(`both print ${text}`, () =>
    [commands.ours, commands.reference].every(({ stdout }) => stdout.includes(text))
      ? true
      : undefined,
  );
}

async function endedAlike(
  ended: readonly [Promise<CommandResult>, Promise<CommandResult>],
): Promise<CommandResult> {
  const [ours, reference] = await Promise.all(ended);
  expect(withoutLease(pair().text('ours', ours.stdout))).toBe(
    withoutLease(pair().text('reference', reference.stdout)),
  );
  expect(ours.exitCode).toBe(reference.exitCode);
  return ours;
}

describe('lock', () => {
  it('prints its key while it holds the lock, and the next one gets it after', async () => {
    const first = pair().start(['lock', 'mutex']);
    await bothPrint(first, 'mutex/');
    const second = pair().start(['lock', 'mutex']);
    await eventually('the second waits with its own key', async () => {
      const { ours, reference } = await pair().raw(['get', 'mutex/', '--prefix', '-w', 'json']);
      return [ours, reference].every(({ stdout }) => stdout.includes('"count":2'))
        ? true
        : undefined;
    });
    expect([second.ours.stdout, second.reference.stdout]).toEqual(['', '']);
    await endedAlike([first.ours.stop(), first.reference.stop()]);
    await bothPrint(second, 'mutex/');
    await endedAlike([second.ours.stop(), second.reference.stop()]);
    const { ours, reference } = await pair().run(['get', 'mutex/', '--prefix']);
    expect(ours).toEqual(reference);
    expect(ours.stdout).toBe('');
  });

  it('runs a command under the lock and ends with its exit code', async () => {
    const show = pair().start([
      'lock',
      'job',
      '--',
      'sh',
      '-c',
      'echo $ETCD_LOCK_KEY $ETCD_LOCK_REV',
    ]);
    const shown = await endedAlike([show.ours.ended, show.reference.ended]);
    expect(shown.stdout).toMatch(/^job\/[0-9a-f]+ \d+\n$/);
    const fail = pair().start(['lock', 'job', '--', 'sh', '-c', 'exit 7']);
    await endedAlike([fail.ours.ended, fail.reference.ended]);
  });

  it('takes a TTL', async () => {
    const held = pair().start(['lock', 'brief', '--ttl', '2']);
    await bothPrint(held, 'brief/');
    await endedAlike([held.ours.stop('SIGKILL'), held.reference.stop('SIGKILL')]);
    await eventually('the keys expire with their leases', async () => {
      const { ours, reference } = await pair().raw(['get', 'brief/', '--prefix']);
      return ours.stdout === '' && reference.stdout === '' ? true : undefined;
    });
  });
});

describe('elect', () => {
  it('makes the first campaigner leader, lets an observer see it, and the second follow', async () => {
    const first = pair().start(['elect', 'office', 'alice']);
    await bothPrint(first, 'alice');
    const observers = pair().start(['elect', 'office', '-l']);
    await bothPrint(observers, 'alice');
    const second = pair().start(['elect', 'office', 'bob']);
    await eventually('bob campaigns', async () => {
      const { ours, reference } = await pair().raw(['get', 'office/', '--prefix', '-w', 'json']);
      return [ours, reference].every(({ stdout }) => stdout.includes('"count":2'))
        ? true
        : undefined;
    });
    await endedAlike([first.ours.stop(), first.reference.stop()]);
    await bothPrint(second, 'bob');
    await bothPrint(observers, 'bob');
    await endedAlike([observers.ours.stop(), observers.reference.stop()]);
    await endedAlike([second.ours.stop(), second.reference.stop()]);
  });

  it('refuses a campaign without a proposal alike', async () => {
    const { ours, reference } = await pair().run(['elect', 'office']);
    expect(ours).toEqual(reference);
  });
});
