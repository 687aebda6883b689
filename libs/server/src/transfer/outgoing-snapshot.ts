import { toBinaryString } from '@etcd-ts/foundation';
import { planBolt } from '@etcd-ts/bolt';
import type { SnapshotContent } from '@etcd-ts/peer-transport';
import type { InstallSnapshot } from '@etcd-ts/raft';
import type { Backend, BackendView } from '@etcd-ts/storage';

import { giveWay, runInSlices, type SliceTime } from '../operations/slices.js';
import { CONF_STATE, decodeConfState } from '../records/conf-state.js';

/** What etcd's own files have on most machines; readers take any. */
const PAGES = { pageSizeBytes: 4096 };

export interface OutgoingSnapshotParts extends SliceTime {
  readonly backend: Backend;
  readonly stopped: () => boolean;
}

/**
 * The whole state as a bbolt database file, as etcd's members send it to each other, made on the
 * fly from a view of the backend: this member goes on writing meanwhile. The message's position
 * becomes that of the view, which is as new as it can be.
 */
export async function openOutgoingSnapshot(
  message: InstallSnapshot,
  parts: OutgoingSnapshotParts,
): Promise<SnapshotContent> {
  const { view, ...content } = await openDatabaseContent(parts);
  try {
    const metadata = positionOf(view);
    return { ...content, message: { ...message, snapshot: { ...message.snapshot, metadata } } };
  } catch (error) {
    content.close();
    throw error;
  }
}

export interface DatabaseContent {
  readonly sizeBytes: number;
  /** Exactly so many bytes, in pieces of 64 KiB or less. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** Once, when the chunks are read or given up. */
  close(): void;
}

/** The state as of now, as a file of the original. */
export async function openDatabaseContent(
  parts: OutgoingSnapshotParts,
): Promise<DatabaseContent & { readonly view: BackendView }> {
  const { backend, stopped } = parts;
  const view = await backend.openView();
  try {
    const buckets = view.bucketNames().map((name) => ({
      name: toBinaryString(Buffer.from(name)),
      sizes: () => view.sizes(name),
      entries: () => view.entries(name),
    }));
    const plan = await runInSlices(planBolt(buckets, PAGES), parts, stopped);
    const chunks = inTurns(plan.chunks(), parts);
    return { view, sizeBytes: plan.sizeBytes, chunks, close: () => view.close() };
  } catch (error) {
    view.close();
    throw error;
  }
}

function positionOf(view: BackendView): InstallSnapshot['snapshot']['metadata'] {
  return { ...view.consistentIndex, confState: decodeConfState(metaOf(view, CONF_STATE)) };
}

function metaOf(view: BackendView, name: string): Uint8Array {
  const wanted = Buffer.from(name);
  for (const [key, value] of view.entries('meta')) if (wanted.equals(key)) return value;
  throw new Error(`the backend has entries, but no ${name}`);
}

/** One chunk a turn at most: everybody else gets the event loop in between. */
async function* inTurns(chunks: Iterator<Uint8Array>, time: SliceTime): AsyncGenerator<Uint8Array> {
  for (;;) {
    const startedMs = time.clock.monotonicMs();
    const step = chunks.next();
    const workedMs = time.clock.monotonicMs() - startedMs;
    if (step.done === true) return;
    yield step.value;
    await giveWay(workedMs, time);
  }
}
