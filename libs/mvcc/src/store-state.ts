import { must, Revision } from '@etcd-ts/foundation';
import type { MvccBackend } from './backend.js';
import { KeyIndex } from './key-index/key-index.js';
import type { Leaf } from './key-index/node.js';
import type { KeyValue } from './key-value.js';
import { decodeKeyValue } from './key-value-codec.js';
import type { LeaseAttachments } from './lease-attachments.js';
import { RowCache } from './row-cache.js';

/** Main revision of a store nothing was ever written to: the first write gets 2. */
export const FIRST_REVISION = Revision(1);
/** What etcd answers as compact_revision until the first compaction; compact(0) is a first one. */
export const NEVER_COMPACTED = -1;

/** Keys between two signs: some milliseconds of work. */
const KEYS_PER_SIGN = 512;

/** What the parts of the store share; only write-batch.ts and compaction.ts change it. */
export class StoreState {
  readonly backend: MvccBackend;
  readonly leases: LeaseAttachments;
  readonly index: KeyIndex;
  readonly #rows = new RowCache();
  currentRevision: Revision = FIRST_REVISION;
  /**
   * The compaction that has been agreed on, however far this member has come in carrying it out.
   * Every answer is measured against this and never against which rows are still there: members
   * compact at their own pace, and must not differ because of it.
   */
  compactedAt: number = NEVER_COMPACTED;
  /** See MvccStore.onLongWork. */
  onLongWork: () => void = () => undefined;
  #keys = 0;

  constructor(backend: MvccBackend, leases: LeaseAttachments, index = new KeyIndex()) {
    this.backend = backend;
    this.leases = leases;
    this.index = index;
  }

  /** The same content, with its rows and leases in other hands. This state is spent. */
  movedTo(backend: MvccBackend, leases: LeaseAttachments): StoreState {
    const moved = new StoreState(backend, leases, this.index);
    moved.currentRevision = this.currentRevision;
    moved.compactedAt = this.compactedAt;
    return moved;
  }

  /** One more key was read or written. */
  worked(): void {
    if (++this.#keys % KEYS_PER_SIGN === 0) this.onLongWork();
  }

  /** The changes of `revision` are appended: it is the newest one now. */
  advanceTo(revision: Revision): void {
    this.currentRevision = revision;
    // Explicitly, never recovered as the largest row: compaction may remove that one, and then a
    // restart would hand out revisions a second time.
    this.backend.setCurrentRevision(revision);
  }

  /** As it is stored; nobody may write to it. */
  readRow(main: number, sub: number): Uint8Array {
    this.worked();
    // Rows of transactions that wrote several keys are the few: only the first is worth a place.
    if (sub !== 0) return this.#readStored(main, sub);
    return this.#rows.get(main) ?? this.#rows.add(main, this.#readStored(main, sub));
  }

  #readStored(main: number, sub: number): Uint8Array {
    const row = this.backend.readRevision(main as Revision, sub);
    return must(row, () => `indexed revision ${main}_${sub} has no row`);
  }

  readKeyValue(main: number, sub: number): KeyValue {
    return decodeKeyValue(this.readRow(main, sub));
  }

  readNewest(leaf: Leaf, slot: number): KeyValue {
    return this.readKeyValue(leaf.main(slot), leaf.sub(slot));
  }
}
