import { must } from '@etcd-ts/foundation';
import { bindService } from '@etcd-ts/rpc';
import type { BoundService, ResponseStream } from '@etcd-ts/rpc';
import type { EtcdServer } from '@etcd-ts/server';
import { toWireKeyValue } from '@etcd-ts/server';
import { DeleteRangeRequest, ElectionDefinition, PutRequest } from '@etcd-ts/wire-protocol';
import type { KeyValue, LeaderKey, LeaderResponse, ResponseHeader } from '@etcd-ts/wire-protocol';

import { QueueOfKeys } from './concurrency/queue-of-keys.js';
import { headerOf } from './header.js';

export function electionService(server: EtcdServer): BoundService {
  const { facts } = server;
  const proclaim = async (leader: LeaderKey, value: Buffer) => {
    const { name, key, rev, lease } = leader;
    const put = PutRequest.create({ key, value, lease });
    const response = await new QueueOfKeys(server, name).ifStill(key, rev, {
      request: { $case: 'requestPut', value: put },
    });
    if (!response.succeeded) throw new Error('election: not leader');
    return response.header;
  };
  return bindService(ElectionDefinition, {
    campaign: async ({ name, lease: given, value }, { signal }) => {
      const queue = new QueueOfKeys(server, name);
      const lease = await queue.session(given);
      const ticket = await queue.enter(lease, value);
      const leader = { name, key: ticket.key, rev: ticket.createRevision, lease };
      try {
        // The place is ours from an earlier call, which proposed something else.
        if (!ticket.value.equals(value)) await proclaim(leader, value);
        const header = await queue.untilFirst(ticket, signal);
        return { header: headerOf(facts, header?.revision), leader };
      } catch (error) {
        await queue.leave(ticket.key);
        throw error;
      }
    },
    proclaim: async ({ leader, value }) => {
      const header = await proclaim(given(leader), value);
      return { header: headerOf(facts, header?.revision) };
    },
    leader: async ({ name }) => {
      const { header, kv } = await new QueueOfKeys(server, name).head();
      if (kv === undefined) throw new Error('election: no leader');
      return { header: headerOf(facts, header?.revision), kv };
    },
    observe: async ({ name }, { signal }, out) => observe(server, name, signal, out),
    resign: async ({ leader }) => {
      const { name, key, rev } = given(leader);
      const { header } = await new QueueOfKeys(server, name).ifStill(key, rev, {
        request: { $case: 'requestDeleteRange', value: DeleteRangeRequest.create({ key }) },
      });
      return { header: headerOf(facts, header?.revision) };
    },
  });
}

function given(leader: LeaderKey | undefined): LeaderKey {
  if (leader === undefined) throw new Error('"leader" field must be provided');
  return leader;
}

/** The leader now, every later value of its key, then the next leader, until the caller goes. */
async function observe(
  server: EtcdServer,
  name: Buffer,
  signal: AbortSignal,
  out: ResponseStream<LeaderResponse>,
): Promise<void> {
  const queue = new QueueOfKeys(server, name);
  const send = async (header: ResponseHeader | undefined, kv: KeyValue): Promise<void> => {
    const response = { header: headerOf(server.facts, header?.revision), kv };
    if (!out.write(response)) await out.drained();
  };
  for (;;) {
    const { header, kv } = await queue.head();
    if (kv !== undefined) await send(header, kv);
    const from = Number(must(header, 'a range has a header').revision) + 1;
    for await (const event of queue.changes(from, signal)) {
      const leads = kv !== undefined && Buffer.compare(kv.key, event.kv.key) === 0;
      // Without a leader the first key to come is one; a leader's deletion makes another.
      if (kv === undefined || (leads && event.type === 'delete')) break;
      if (leads) await send(undefined, toWireKeyValue(event.kv));
    }
  }
}
