import { ExitCode, ExitError, badArguments, bool, parseInteger } from '@etcd-ts/command-line';
import { LeaseRevokeResponse } from '@etcd-ts/wire-protocol';
import { doneAnswer } from '../answers/header-only.js';
import {
  grantAnswer,
  keepAliveAnswer,
  leaseListAnswer,
  timeToLiveAnswer,
} from '../answers/lease.js';
import type { Command } from '../command.js';
import { failed, failureText } from '../failure.js';
import type { Invocation } from '../invocation.js';
import { leaseText } from '../output/ids.js';
import { parseLease } from './key-arguments.js';

export const LEASE: Command = {
  use: 'lease <subcommand>',
  short: 'Lease related commands',
  children: [
    { use: 'grant <ttl>', short: 'Creates leases', run: runGrant },
    { use: 'revoke <leaseID>', short: 'Revokes leases', run: runRevoke },
    {
      use: 'timetolive <leaseID> [options]',
      short: 'Get lease information',
      flags: [bool('keys', 'Get keys attached to this lease')],
      run: runTimeToLive,
    },
    { use: 'list', short: 'List all active leases', run: runList },
    {
      use: 'keep-alive [options] <leaseID>',
      short: 'Keeps leases alive (renew)',
      flags: [
        bool('once', 'Resets the keep-alive time to its original value and exits immediately'),
      ],
      run: runKeepAlive,
    },
  ],
};

async function runGrant(invocation: Invocation): Promise<number> {
  const [text] = invocation.args;
  if (text === undefined || invocation.args.length !== 1) {
    throw badArguments('lease grant command needs TTL argument');
  }
  const ttl = parseInteger(text, { base: 10 });
  if (ttl.kind === 'error') throw badArguments(`bad TTL (${ttl.message})`);
  const { client, output } = await invocation.connect();
  try {
    output.print(grantAnswer(await client.lease.grant(ttl.value)));
  } catch (error) {
    throw wrapped('failed to grant lease', error);
  }
  client.close();
  return 0;
}

async function runRevoke(invocation: Invocation): Promise<number> {
  const id = leaseArgument(invocation, 'lease revoke command needs 1 argument');
  const { client, output } = await invocation.connect();
  try {
    const response = await client.lease.revoke(id);
    const encode = (): Uint8Array => LeaseRevokeResponse.encode(response).finish();
    output.print(doneAnswer(`lease ${leaseText(id)} revoked\n`, response, encode));
  } catch (error) {
    throw wrapped('failed to revoke lease', error);
  }
  client.close();
  return 0;
}

async function runTimeToLive(invocation: Invocation): Promise<number> {
  const id = leaseArgument(invocation, 'lease timetolive command needs lease ID as argument');
  const keys = invocation.flags.bool('keys');
  const { client, output } = await invocation.connect();
  output.print(timeToLiveAnswer(await client.lease.timeToLive(id, { keys }), keys));
  client.close();
  return 0;
}

async function runList(invocation: Invocation): Promise<number> {
  const { client, output } = await invocation.connect();
  output.print(leaseListAnswer(await client.lease.list()));
  client.close();
  return 0;
}

async function runKeepAlive(invocation: Invocation): Promise<number> {
  const id = leaseArgument(invocation, 'lease keep-alive command needs lease ID as argument');
  const { client, output } = await invocation.connect();
  const { commandTimeoutMs: timeoutMs } = invocation;
  try {
    const first = await client.lease.keepAliveOnce(id, { timeoutMs });
    if (first.TTL > 0n) {
      output.print(keepAliveAnswer(first));
      if (invocation.flags.bool('once')) return 0;
      const keeper = client.lease.keepAlive(id, first.TTL);
      for await (const answer of keeper) output.print(keepAliveAnswer(answer));
    } else if (invocation.flags.bool('once')) {
      throw new ExitError(ExitCode.badConnection, 'etcdserver: requested lease not found');
    }
  } catch (error) {
    if (invocation.flags.bool('once')) throw failed(error, ExitCode.badConnection);
    throw failed(error);
  } finally {
    client.close();
  }
  if (output.format === 'simple') output.write(`lease ${leaseText(id)} expired or revoked.\n`);
  return 0;
}

function leaseArgument({ args }: Invocation, complaint: string): bigint {
  const [text] = args;
  if (text === undefined || args.length !== 1) throw badArguments(complaint);
  return parseLease(text, 'lease ID arg');
}

function wrapped(what: string, error: unknown): ExitError {
  if (error instanceof ExitError) return error;
  return new ExitError(ExitCode.error, `${what} (${failureText(error)})`);
}
