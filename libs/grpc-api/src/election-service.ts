import { bindService } from '@etcd-ts/rpc';
import type { BoundService, ResponseStream } from '@etcd-ts/rpc';
import type { EtcdServer } from '@etcd-ts/server';
import { toWireKeyValue } from '@etcd-ts/server';
import { DeleteRangeRequest, ElectionDefinition, PutRequest } from '@etcd-ts/wire-protocol';
import type {
  CampaignRequest,
  CampaignResponse,
  KeyValue,
  LeaderKey,
  LeaderResponse,
  ResponseHeader,
} from '@etcd-ts/wire-protocol';

import { QueueOfKeys } from './concurrency/queue-of-keys.js';
import { asClientOfTheNode, refusal } from './concurrency/refusal.js';
import { headerOf } from './header.js';

export function electionService(server: EtcdServer): BoundService {
  const { facts } = server;
  return bindService(ElectionDefinition, {
    campaign: (request, call) =>
      asClientOfTheNode(call.signal, () => campaign(server.as(call), request, call.signal)),
    proclaim: ({ leader, value }, call) =>
      asClientOfTheNode(call.signal, async () => {
        const header = await proclaim(server.as(call), given(leader), value);
        return { header: headerOf(facts, header?.revision) };
      }),
    leader: ({ name }, call) =>
      asClientOfTheNode(call.signal, async () => {
        const { header, kv } = await new QueueOfKeys(server.as(call), name).head();
        if (kv === undefined) throw refusal('election: no leader');
        return { header: headerOf(facts, header?.revision), kv };
      }),
    observe: ({ name }, call, out) =>
      observe(server.as(call), name, call.signal, out).catch((error: unknown) => {
        // Whatever ended it, such as a compaction that overtook a client slow to read.
        throw call.signal.aborted ? error : refusal('election: observe closed early');
      }),
    resign: ({ leader }, call) =>
      asClientOfTheNode(call.signal, async () => {
        const header = await resign(server.as(call), given(leader));
        return { header: headerOf(facts, header?.revision) };
      }),
  });
}

function given(leader: LeaderKey | undefined): LeaderKey {
  if (leader === undefined) throw refusal('"leader" field must be provided');
  return leader;
}

async function campaign(
  server: EtcdServer,
  { name, lease: given, value }: CampaignRequest,
  signal: AbortSignal,
): Promise<CampaignResponse> {
  const queue = new QueueOfKeys(server, name);
  const lease = await queue.session(given);
  const ticket = await queue.enter(lease, value);
  const leader = { name, key: ticket.key, rev: ticket.createRevision, lease };
  try {
    // The place is ours from an earlier call, which proposed something else.
    if (!ticket.value.equals(value)) await proclaim(server, leader, value);
    await queue.untilFirst(ticket, signal);
  } catch (error) {
    // Nobody will come back for this place. If it cannot be given up now, its lease will end it.
    await resign(server, leader).catch(() => undefined);
    throw error;
  }
  return { header: headerOf(server.facts, ticket.header?.revision), leader };
}

async function proclaim(
  server: EtcdServer,
  { name, key, rev, lease }: LeaderKey,
  value: Buffer,
): Promise<ResponseHeader | undefined> {
  const put = PutRequest.create({ key, value, lease });
  const response = await new QueueOfKeys(server, name).ifStill(key, rev, {
    request: { $case: 'requestPut', value: put },
  });
  if (!response.succeeded) throw refusal('election: not leader');
  return response.header;
}

/** Resigning from what one no longer leads is no error. */
async function resign(
  server: EtcdServer,
  { name, key, rev }: LeaderKey,
): Promise<ResponseHeader | undefined> {
  const { header } = await new QueueOfKeys(server, name).ifStill(key, rev, {
    request: { $case: 'requestDeleteRange', value: DeleteRangeRequest.create({ key }) },
  });
  return header;
}

/** The leader now, every later value of its key, then the next leader, until the caller goes. */
async function observe(
  server: EtcdServer,
  name: Uint8Array,
  signal: AbortSignal,
  out: ResponseStream<LeaderResponse>,
): Promise<never> {
  const queue = new QueueOfKeys(server, name);
  const send = async (kv: KeyValue, revision: bigint): Promise<void> => {
    if (!out.write({ header: headerOf(server.facts, revision), kv })) await out.drained();
  };
  for (;;) {
    const { kv, revision } = await nextLeader(queue, signal);
    await send(kv, revision);
    for await (const event of queue.changesOf(kv.key, Number(revision) + 1, signal)) {
      if (event.type === 'delete') break;
      await send(toWireKeyValue(event.kv), BigInt(event.kv.modRevision));
    }
  }
}

interface Leadership {
  readonly kv: KeyValue;
  /** From which on its key is to be watched. */
  readonly revision: bigint;
}

/** Who leads, or else the first to come. */
async function nextLeader(queue: QueueOfKeys, signal: AbortSignal): Promise<Leadership> {
  const { header, kv } = await queue.head();
  if (kv !== undefined) return { kv, revision: header?.revision ?? kv.modRevision };
  for await (const event of queue.changes(header, signal)) {
    if (event.type === 'delete') continue;
    return { kv: toWireKeyValue(event.kv), revision: BigInt(event.kv.modRevision) };
  }
  throw signal.reason;
}
