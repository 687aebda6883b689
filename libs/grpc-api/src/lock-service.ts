import { bindService } from '@etcd-ts/rpc';
import type { BoundService } from '@etcd-ts/rpc';
import type { EtcdServer } from '@etcd-ts/server';
import { DeleteRangeRequest, LockDefinition } from '@etcd-ts/wire-protocol';
import type { ResponseHeader } from '@etcd-ts/wire-protocol';

import { QueueOfKeys } from './concurrency/queue-of-keys.js';
import type { Ticket } from './concurrency/queue-of-keys.js';
import { asClientOfTheNode, refusal } from './concurrency/refusal.js';
import { headerOf } from './header.js';
import { checkDeleteRange } from './request-validation.js';

export function lockService(server: EtcdServer): BoundService {
  return bindService(LockDefinition, {
    lock: ({ name, lease: given }, call) =>
      asClientOfTheNode(call.signal, async () => {
        const { signal } = call;
        const queue = new QueueOfKeys(server.as(call), name);
        const lease = await queue.session(given);
        const ticket = await queue.enter(lease, Buffer.alloc(0));
        const header = ticket.isFirst ? ticket.header : await acquire(queue, ticket, signal);
        return { header: headerOf(server.facts, header?.revision), key: ticket.key };
      }),
    unlock: ({ key }, call) =>
      asClientOfTheNode(call.signal, async () => {
        const request = DeleteRangeRequest.create({ key });
        checkDeleteRange(request);
        const { header } = await server.as(call).keyValues.deleteRange(request);
        return { header: headerOf(server.facts, header?.revision) };
      }),
  });
}

async function acquire(
  queue: QueueOfKeys,
  ticket: Ticket,
  signal: AbortSignal,
): Promise<ResponseHeader | undefined> {
  try {
    await queue.untilFirst(ticket, signal);
    // The lease may have run out meanwhile. Then the key is gone, and who waited next has the lock.
    const { header, kvs } = await queue.get(ticket.key);
    if (kvs.length > 0) return header;
  } catch (error) {
    // Nobody will come back for this place. If it cannot be given up now, its lease will end it.
    await queue.leave(ticket).catch(() => undefined);
    throw error;
  }
  throw refusal('mutex: session is expired');
}
