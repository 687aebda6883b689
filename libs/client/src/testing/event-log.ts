import { setTimeout as pause } from 'node:timers/promises';
import type { ServiceHandlers } from '@etcd-ts/rpc';
import type { Event, WatchDefinition, WatchResponse } from '@etcd-ts/wire-protocol';
import { Event_EventType } from '@etcd-ts/wire-protocol';
import { HEADER } from './fake-member.js';

const FLUSH_MS = 2;

export function eventAt(revision: number, key = `k${revision}`): Event {
  const modRevision = BigInt(revision);
  return {
    type: Event_EventType.PUT,
    kv: {
      key: Buffer.from(key),
      value: Buffer.from(`v${revision}`),
      createRevision: modRevision,
      modRevision,
      version: 1n,
      lease: 0n,
    },
    prevKv: undefined,
  };
}

export const watchResponse = (fields: Partial<WatchResponse>): WatchResponse => ({
  header: HEADER,
  watchId: 0n,
  created: false,
  canceled: false,
  compactRevision: 0n,
  cancelReason: '',
  fragment: false,
  events: [],
  ...fields,
});

/**
 * A watch service over a fixed history, cut into responses as `pieceOf` says, and a stream that ends
 * after as many responses as `lifetimeOf` says: in the midst of fragments, too.
 */
export function watchOver(
  log: readonly Event[],
  pieceOf: () => number,
  lifetimeOf: () => number,
  cut: () => void,
): ServiceHandlers<WatchDefinition> {
  return {
    watch: async (incoming, call, out) => {
      for await (const { requestUnion } of incoming) {
        if (requestUnion?.$case !== 'createRequest') continue;
        const start = requestUnion.value.startRevision;
        out.write(watchResponse({ created: true }));
        const rest = log.filter(({ kv }) => (kv?.modRevision ?? 0n) >= start);
        let lifetime = lifetimeOf();
        for (let at = 0; at < rest.length;) {
          if (lifetime-- <= 0) {
            // What was written may arrive first, or in part.
            await pause(FLUSH_MS);
            cut();
            return;
          }
          const events = rest.slice(at, at + pieceOf());
          at += events.length;
          const last = events.at(-1)?.kv?.modRevision;
          // Only fragments part a revision.
          const fragment = rest[at]?.kv?.modRevision === last && at < rest.length;
          out.write(watchResponse({ events, fragment }));
          await out.drained();
        }
        await new Promise((resolve) => call.signal.addEventListener('abort', resolve));
      }
    },
  };
}
