import type { Revision } from '@etcd-ts/foundation';
import type { KeyValue } from './key-value.js';

export type SortOrder = 'none' | 'ascend' | 'descend';
export type SortTarget = 'key' | 'version' | 'create' | 'mod' | 'value';

export interface RangeRequest {
  readonly key: Uint8Array;
  /** Empty: the one key. A single 0x00: every key from `key` on. Otherwise exclusive. */
  readonly rangeEnd: Uint8Array;
  /** 0 or less: all. */
  readonly limit: number;
  /** 0 or less: the current one. */
  readonly revision: number;
  readonly sortOrder: SortOrder;
  readonly sortTarget: SortTarget;
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
  /** The four filters are inclusive; 0 is off. */
  readonly minModRevision: number;
  readonly maxModRevision: number;
  readonly minCreateRevision: number;
  readonly maxCreateRevision: number;
}

export interface RangeResult {
  readonly kind: 'ok';
  readonly kvs: readonly KeyValue[];
  /** All keys of the range at that revision, whatever the limit and the filters. */
  readonly count: number;
  /** More keys than the limit were left after filtering. */
  readonly more: boolean;
  /** For the header: the store's revision at the time of the read, not the one read at. */
  readonly revision: Revision;
}

/** The same as a RangeResult, with each KeyValue as answers have it. */
export interface EncodedRange {
  readonly kind: 'ok';
  /** Marshalled mvccpb.KeyValue. Shared with others: nobody may write to them. */
  readonly rows: readonly Uint8Array[];
  readonly count: number;
  readonly more: boolean;
  readonly revision: Revision;
}

export type RevisionUnavailable =
  { readonly kind: 'compacted'; readonly compactRevision: Revision } | { readonly kind: 'future' };

export type RangeOutcome = RangeResult | RevisionUnavailable;
export type EncodedRangeOutcome = EncodedRange | RevisionUnavailable;

export interface RangeChunkRequest {
  readonly key: Uint8Array;
  /** As in RangeRequest. */
  readonly rangeEnd: Uint8Array;
  /** Keys in the chunk; at least one comes if there is one. */
  readonly limit: number;
  /** The chunk ends with the key that reaches this many bytes of rows. */
  readonly maxBytes: number;
  /** 0 or less for the first chunk: the current one is pinned. */
  readonly revision: number;
  readonly keysOnly: boolean;
  /** Only the last chunk needs it, and behind the current revision it costs a walk. */
  readonly countRemaining: boolean;
}

/** One chunk of a RangeStream; see MvccStore.rangeChunk. */
export interface RangeChunk {
  readonly kind: 'ok';
  /** As in EncodedRange. */
  readonly rows: readonly Uint8Array[];
  /** The key to pass as `key` of the next chunk; undefined after the last key of the range. */
  readonly resumeKey: Uint8Array | undefined;
  /** Keys of the range behind this chunk; undefined unless asked for. */
  readonly remaining: number | undefined;
  /** The revision read at: pass it as `revision` of all later chunks. */
  readonly pinnedRevision: Revision;
  readonly revision: Revision;
}

export type RangeChunkOutcome = RangeChunk | RevisionUnavailable;
