import type { Lock, Session } from '@etcd-ts/client';
import { ExitCode, ExitError, badArguments, int64 } from '@etcd-ts/command-line';
import { rangeAnswer } from '../answers/kv.js';
import type { Command } from '../command.js';
import { failed } from '../failure.js';
import { InterruptedError } from '../interruption.js';
import type { Connected, Invocation } from '../invocation.js';
import { bytesOf, wordOf } from '../word-bytes.js';
import { runChild } from './child-command.js';
import { interruptedOrLost } from './session-wait.js';

export const LOCK: Command = {
  use: 'lock <lockname> [exec-command arg1 arg2 ...]',
  short: 'Acquires a named lock',
  flags: [int64('ttl', 'timeout for session', 10)],
  run: runLock,
};

async function runLock(invocation: Invocation): Promise<number> {
  const [name, ...command] = invocation.args;
  if (name === undefined) {
    throw badArguments('lock takes a lock name argument and an optional command to execute');
  }
  const connected = await invocation.connect();
  const interrupt = invocation.surroundings.interrupts();
  const ttlSeconds = invocation.flags.integer('ttl');
  const session = await connected.client.session({ ttlSeconds, signal: interrupt });
  const lock = session.lock(bytesOf(name));
  try {
    await lock.acquire({ signal: interrupt });
  } catch (error) {
    if (!session.lost.aborted) await session.close().catch(() => undefined);
    if (error instanceof InterruptedError) throw new ExitError(ExitCode.error, 'context canceled');
    throw failed(error);
  }
  const exitCode =
    command.length > 0
      ? await runUnderLock(lock, command)
      : await holdLock(connected, lock, session, interrupt);
  await lock.release();
  await session.close();
  connected.client.close();
  if (exitCode.error !== undefined) throw new ExitError(exitCode.exitCode, exitCode.error);
  return ExitCode.success;
}

const NO_KEY = Buffer.alloc(0);

interface HoldEnd {
  readonly exitCode: number;
  readonly error: string | undefined;
}

function runUnderLock(lock: Lock, command: readonly string[]): Promise<HoldEnd> {
  const environment = {
    ETCD_LOCK_KEY: wordOf(lock.key ?? NO_KEY),
    ETCD_LOCK_REV: String(lock.header?.revision ?? 0n),
  };
  return runChild(command, environment, 'inherit');
}

async function holdLock(
  { client, output }: Connected,
  lock: Lock,
  session: Session,
  interrupt: AbortSignal,
): Promise<HoldEnd> {
  const response = await client.kv.range(lock.key ?? NO_KEY);
  if (response.kvs.length === 0) throw new ExitError(ExitCode.error, 'lock lost on init');
  output.print(rangeAnswer(response));
  if ((await interruptedOrLost(interrupt, session.lost)) === 'lost') {
    throw new ExitError(ExitCode.error, 'session expired');
  }
  return { exitCode: ExitCode.success, error: undefined };
}
