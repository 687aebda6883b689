import { bindService } from '@etcd-ts/rpc';
import type { BoundService } from '@etcd-ts/rpc';
import type { EtcdServer } from '@etcd-ts/server';
import { DeleteRangeRequest, LockDefinition } from '@etcd-ts/wire-protocol';

import { QueueOfKeys } from './concurrency/queue-of-keys.js';
import { headerOf } from './header.js';

export function lockService(server: EtcdServer): BoundService {
  return bindService(LockDefinition, {
    lock: async ({ name, lease: given }, { signal }) => {
      const queue = new QueueOfKeys(server, name);
      const lease = await queue.session(given);
      const ticket = await queue.enter(lease, Buffer.alloc(0));
      try {
        await queue.untilFirst(ticket, signal);
      } catch (error) {
        // Nobody will come back for this place in the queue.
        await queue.leave(ticket.key);
        throw error;
      }
      // The lease may have run out while waiting: then the key is gone, and so is the place.
      const { header, kvs } = await queue.get(ticket.key);
      if (kvs.length === 0) throw new Error('mutex: session is expired');
      return { header: headerOf(server.facts, header?.revision), key: ticket.key };
    },
    unlock: async ({ key }) => {
      const { header } = await server.keyValues.deleteRange(DeleteRangeRequest.create({ key }));
      return { header: headerOf(server.facts, header?.revision) };
    },
  });
}
