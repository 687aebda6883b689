import { createHash } from 'node:crypto';

import { eventually } from '@etcd-ts/testkit';
import type { RevisionCommit, WatchSink } from '@etcd-ts/mvcc';
import type { EtcdServer } from '@etcd-ts/server';

import { readKeyState, readState } from '../stored-state/state-digest.js';
import type { KeyState, StoredState } from '../stored-state/state-digest.js';

/** Reading the keys costs as much as all the rest: the events tell of the revisions between. */
const PAST_REVISIONS = 6;
const EVERYTHING = Uint8Array.of(0);

/** All that is ever told of a member's present and past. */
export interface EverythingRead {
  readonly state: StoredState;
  /** At some revisions from the oldest to the newest that are not compacted. */
  readonly past: readonly KeyState[];
  /** SHA-256 over the events that a watcher gets which begins at the oldest of them. */
  readonly events: string;
}

export async function readEverything(server: EtcdServer): Promise<EverythingRead> {
  const state = await readState(server);
  const oldest = Math.max(1, state.compactRevision);
  const past: KeyState[] = [];
  const step = Math.max(1, Math.floor((state.revision - oldest) / PAST_REVISIONS));
  for (let at = oldest; at <= state.revision; at += step) {
    past.push(await readKeyState(server, at));
  }
  return { state, past, events: await eventsFrom(server, oldest, state.revision) };
}

async function eventsFrom(server: EtcdServer, first: number, last: number): Promise<string> {
  const hash = createHash('sha256');
  let seen = first - 1;
  const sink: WatchSink = {
    offer: (_watcher, commits: readonly RevisionCommit[], upTo) => {
      for (const { revision, events } of commits) {
        for (const { type, kv } of events) {
          const { createRevision, modRevision, version, lease } = kv;
          hash.update(`${revision} ${type} ${createRevision} ${modRevision} ${version} ${lease}\n`);
          hash.update(kv.key).update(kv.value);
        }
      }
      seen = upTo;
      return true;
    },
    compacted: () => hash.update('compacted'),
  };
  const watcher = server.watch.hub.watch({
    key: EVERYTHING,
    rangeEnd: EVERYTHING,
    startRevision: first,
    noPut: false,
    noDelete: false,
    sink,
  });
  await eventually('the watcher has caught up', () => seen >= last);
  server.watch.hub.cancel(watcher);
  return hash.digest('hex');
}
