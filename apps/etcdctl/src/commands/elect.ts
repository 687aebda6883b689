import { observeLeaders } from '@etcd-ts/client';
import { ExitCode, ExitError, badArguments, bool } from '@etcd-ts/command-line';
import { rangeAnswer } from '../answers/kv.js';
import type { Command } from '../command.js';
import { failed } from '../failure.js';
import { InterruptedError } from '../interruption.js';
import type { Invocation } from '../invocation.js';
import { bytesOf } from '../word-bytes.js';
import { interruptedOrLost } from './session-wait.js';

export const ELECT: Command = {
  use: 'elect <election-name> [proposal]',
  short: 'Observes and participates in leader election',
  flags: [{ ...bool('listen', 'observation mode'), shorthand: 'l' }],
  run: runElect,
};

async function runElect(invocation: Invocation): Promise<number> {
  const [name, proposal] = invocation.args;
  if (name === undefined || invocation.args.length > 2) {
    throw badArguments('elect takes one election name argument and an optional proposal argument');
  }
  const isListening = invocation.flags.bool('listen');
  if (proposal === undefined && !isListening) {
    throw badArguments('no proposal argument but -l not set');
  }
  if (proposal !== undefined && isListening) throw badArguments('proposal given but -l is set');
  return proposal === undefined ? observe(invocation, name) : campaign(invocation, name, proposal);
}

async function observe(invocation: Invocation, name: string): Promise<number> {
  const { client, output } = await invocation.connect();
  const signal = invocation.surroundings.interrupts();
  try {
    for await (const { header, leader } of observeLeaders(client, bytesOf(name), { signal })) {
      output.print(rangeAnswer({ header, kvs: [leader], more: false, count: 0n }));
    }
  } catch (error) {
    if (error instanceof InterruptedError) return ExitCode.success;
    throw failed(error);
  }
  throw new ExitError(ExitCode.error, 'elect: observer lost');
}

async function campaign(invocation: Invocation, name: string, proposal: string): Promise<number> {
  const { client, output } = await invocation.connect();
  const interrupt = invocation.surroundings.interrupts();
  const session = await client.session({ signal: interrupt });
  const election = session.election(bytesOf(name));
  try {
    await election.campaign(bytesOf(proposal), { signal: interrupt });
  } catch (error) {
    if (!session.lost.aborted) await session.close().catch(() => undefined);
    if (error instanceof InterruptedError) throw new ExitError(ExitCode.error, 'context canceled');
    throw failed(error);
  }
  output.print(rangeAnswer(await client.kv.range(election.key ?? '')));
  const end = await interruptedOrLost(interrupt, session.lost);
  if (end === 'lost') throw new ExitError(ExitCode.error, 'elect: session expired');
  await election.resign();
  await session.close();
  client.close();
  return ExitCode.success;
}
