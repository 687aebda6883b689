import {
  asBuffer,
  type BinaryString,
  CURRENT_REVISION_META,
  META_BUCKET,
  RaftIndex,
  type Revision,
  Term,
  toBinaryString,
} from '@etcd-ts/foundation';
import type { SnapshotPosition } from '../log-record.js';
import type { PendingChanges } from './pending-changes.js';
import type { CommittedState } from './state-database.js';

const metaName = (name: string): BinaryString => toBinaryString(Buffer.from(name));

/** Of the last entry whose effects the state holds: 8 bytes each, big endian, as etcd. */
const CONSISTENT_INDEX = metaName('consistent_index');
const TERM = metaName('term');
const CURRENT_REVISION = metaName(CURRENT_REVISION_META);

/** {0, 0} before the first entry; no term in files of etcd 3.4. */
export function storedPosition({ buckets }: CommittedState): SnapshotPosition {
  const counter = (name: BinaryString): number => {
    const bytes = buckets.get(META_BUCKET, name);
    return bytes === undefined ? 0 : Number(asBuffer(bytes).readBigUInt64BE());
  };
  return { index: RaftIndex(counter(CONSISTENT_INDEX)), term: Term(counter(TERM)) };
}

/**
 * How far the state has come. It changes with every entry, and is written among the other changes
 * once for a commit or a read: a bucket entry for each would be a tenth of what a put takes.
 */
export class StatePosition {
  #applied: SnapshotPosition;
  #revision: Revision | undefined;
  #isUnwritten = false;

  constructor(committed: CommittedState) {
    this.#applied = storedPosition(committed);
  }

  /** Of the last entry. */
  get applied(): SnapshotPosition {
    return this.#applied;
  }

  set applied(position: SnapshotPosition) {
    this.#applied = position;
    this.#isUnwritten = true;
  }

  /** The newest one of the store. */
  set revision(revision: Revision) {
    this.#revision = revision;
    this.#isUnwritten = true;
  }

  /** Something of it is not among the changes yet. */
  get isUnwritten(): boolean {
    return this.#isUnwritten;
  }

  writeTo(changes: PendingChanges): void {
    if (!this.#isUnwritten) return;
    this.#isUnwritten = false;
    if (this.#revision !== undefined) {
      changes.setBucket(META_BUCKET, CURRENT_REVISION, uint64(this.#revision));
    }
    changes.setBucket(META_BUCKET, CONSISTENT_INDEX, uint64(this.#applied.index));
    changes.setBucket(META_BUCKET, TERM, uint64(this.#applied.term));
  }
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}
