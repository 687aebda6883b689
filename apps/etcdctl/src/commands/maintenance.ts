import type { Client } from '@etcd-ts/client';
import { ExitCode, ExitError, badArguments, bool, parseInteger } from '@etcd-ts/command-line';
import { formatGoDuration } from '@etcd-ts/foundation';
import { MoveLeaderResponse } from '@etcd-ts/wire-protocol';
import type { Command } from '../command.js';
import { failureText } from '../failure.js';
import type { Connected, Invocation } from '../invocation.js';
import { headerJson } from '../output/field-lines.js';
import { askEach, chosenEndpoints, CLUSTER_FLAG } from './endpoint-set.js';

/** With --physical, compaction answers when the history is gone from the disk. */
const PHYSICAL_TIMEOUT_MS = 24 * 3600 * 1000;

export const DEFRAG: Command = {
  use: 'defrag',
  short: 'Defragments the storage of the etcd members with given endpoints',
  flags: [CLUSTER_FLAG],
  run: runDefrag,
};

export const COMPACTION: Command = {
  use: 'compaction [options] <revision>',
  short: 'Compacts the event history in etcd',
  flags: [bool('physical', "'true' to wait for compaction to physically remove all old revisions")],
  run: runCompaction,
};

export const MOVE_LEADER: Command = {
  use: 'move-leader <transferee-member-id>',
  short: 'Transfers leadership to another etcd cluster member.',
  run: runMoveLeader,
};

async function runDefrag(invocation: Invocation): Promise<number> {
  const connected = await invocation.connect();
  const { output, client } = connected;
  const endpoints = await chosenEndpoints(invocation, connected);
  let begunMs = 0;
  const took = (): string => formatGoDuration(performance.now() - begunMs);
  const { failures } = await askEach(
    endpoints,
    connected,
    async (each, endpoint) => {
      begunMs = performance.now();
      await each.maintenance.defragment({});
      output.write(`Finished defragmenting etcd member[${endpoint}]. took ${took()}\n`);
    },
    ({ endpoint, error }) =>
      output.error(
        `Failed to defragment etcd member[${endpoint}]. took ${took()}. (${failureText(error)})\n`,
      ),
  );
  client.close();
  return failures.length === 0 ? ExitCode.success : ExitCode.error;
}

async function runCompaction(invocation: Invocation): Promise<number> {
  const [text] = invocation.args;
  if (text === undefined || invocation.args.length !== 1) {
    throw badArguments('compaction command needs 1 argument');
  }
  const revision = parseInteger(text, { base: 10 });
  if (revision.kind === 'error') throw new ExitError(ExitCode.error, revision.message);
  const physical = invocation.flags.bool('physical');
  const { client, output } = await invocation.connect();
  // Removing the history can take as long as it takes.
  const timeoutMs = physical ? { timeoutMs: PHYSICAL_TIMEOUT_MS } : {};
  await client.kv.compact(revision.value, { physical, ...timeoutMs });
  output.write(`compacted revision ${revision.value}\n`);
  client.close();
  return 0;
}

async function runMoveLeader(invocation: Invocation): Promise<number> {
  const [text] = invocation.args;
  if (text === undefined || invocation.args.length !== 1) {
    throw badArguments('move-leader command needs 1 argument');
  }
  const target = parseInteger(text, { base: 16, isUnsigned: true });
  if (target.kind === 'error') throw badArguments(target.message);
  const connected = await invocation.connect();
  const { client, output } = connected;
  const leader = await findLeader(client.endpoints, connected);
  if (leader === undefined) {
    throw badArguments(`no leader endpoint given at [${client.endpoints.join(' ')}]`);
  }
  const asked = client.at(leader.endpoint);
  const response = await asked.maintenance.moveLeader({ targetID: target.value });
  const [from, to] = [leader.id, target.value].map((id) => id.toString(16));
  output.print({
    simple: () => [`Leadership transferred from ${from} to ${to}\n`],
    json: () => ({ header: headerJson(response.header) }),
    protobuf: () => MoveLeaderResponse.encode(response).finish(),
  });
  client.close();
  return 0;
}

async function findLeader(
  endpoints: readonly string[],
  { member }: Connected,
): Promise<{ endpoint: string; id: bigint } | undefined> {
  for (const endpoint of endpoints) {
    const one: Client = member(endpoint);
    try {
      const { header, leader } = await one.maintenance.status({});
      if (header?.memberId === leader) return { endpoint, id: leader };
    } finally {
      one.close();
    }
  }
  return undefined;
}
