import { Revision, unreachable, assert } from '@etcd-ts/foundation';
import type { BinaryString } from '@etcd-ts/foundation';
import type { MvccBackend } from './backend.js';
import type { KeyValue } from './key-value.js';
import type { LeaseAttachments } from './lease-attachments.js';
import type {
  DeleteRangeOutcome,
  DeleteRangeRequest,
  PutOutcome,
  PutRequest,
  TxnOutcome,
  TxnRequest,
} from './operation.js';
import type { RangeChunkOutcome, RangeOutcome, RangeRequest } from './range-request.js';
import type { EventsOutcome, RevisionCommit, WatchEvent } from './watch-event.js';

/** How far a restore has come; one is yielded per slice. */
export interface RestoreProgress {
  readonly rows: number;
  readonly revision: number;
}

export type CompactOutcome =
  { readonly kind: 'scheduled' } | { readonly kind: 'compacted' } | { readonly kind: 'future' };

export interface RangeChunkRequest {
  readonly key: Uint8Array;
  readonly rangeEnd: Uint8Array;
  readonly limit: number;
  readonly revision: number;
  readonly keysOnly: boolean;
}

export type HashOutcome =
  | {
      readonly kind: 'ok';
      /** Unsigned 32 bits. */
      readonly hash: number;
      /** -1 on a store that was never compacted, as etcd answers. */
      readonly compactRevision: number;
      readonly hashRevision: Revision;
      /** The store's revision when the hash was asked for (header.revision). */
      readonly revision: Revision;
    }
  | { readonly kind: 'compacted' }
  | { readonly kind: 'future' };

/** SIGNATURES ONLY in this commit: the bodies follow. */
export class MvccStore {
  /** Called once for each mutating request, after its rows are appended and readable. */
  onRevision: (commit: RevisionCommit) => void = () => undefined;

  private constructor() {
    assert(false, 'not built yet');
  }

  /** Rebuilds the index in slices: yields between them, returns the store. */
  static *restore(
    _backend: MvccBackend,
    _leases: LeaseAttachments,
  ): Generator<RestoreProgress, MvccStore> {
    return unreachable(undefined as never);
  }

  get currentRevision(): Revision {
    return unreachable(undefined as never);
  }
  /** 0 while never compacted. */
  get compactRevision(): Revision {
    return unreachable(undefined as never);
  }
  /** Live keys. */
  get keyCount(): number {
    return unreachable(undefined as never);
  }
  range(_request: RangeRequest): RangeOutcome {
    return unreachable(undefined as never);
  }
  rangeChunk(_request: RangeChunkRequest): RangeChunkOutcome {
    return unreachable(undefined as never);
  }
  put(_request: PutRequest): PutOutcome {
    return unreachable(undefined as never);
  }
  deleteRange(_request: DeleteRangeRequest): DeleteRangeOutcome {
    return unreachable(undefined as never);
  }
  txn(_request: TxnRequest): TxnOutcome {
    return unreachable(undefined as never);
  }
  /** The end of a lease: all keys in one revision, in byte order; absent keys are skipped. */
  deleteKeys(_keys: readonly BinaryString[]): Revision {
    return unreachable(undefined as never);
  }
  compact(_revision: number): CompactOutcome {
    return unreachable(undefined as never);
  }
  /** One bounded slice of a scheduled compaction. `done` when there is nothing left to do. */
  compactionStep(_maxKeys: number): { readonly done: boolean } {
    return unreachable(undefined as never);
  }
  /** Yields between bounded slices. */
  hashKv(_revision: number): Generator<undefined, HashOutcome> {
    return unreachable(undefined as never);
  }
  previousKeyValue(_event: WatchEvent): KeyValue | undefined {
    return unreachable(undefined as never);
  }
  readEvents(_from: Revision, _maxRevisions: number): EventsOutcome {
    return unreachable(undefined as never);
  }
}
