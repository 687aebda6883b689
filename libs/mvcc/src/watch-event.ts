import type { Revision } from '@etcd-ts/foundation';
import type { KeyValue } from './key-value.js';

/** One object is shared by all watchers. The KeyValue of a delete has only key and modRevision. */
export interface WatchEvent {
  readonly type: 'put' | 'delete';
  readonly kv: KeyValue;
}

/** All changes of one main revision, in order of their sub revisions; never empty. */
export interface RevisionCommit {
  readonly revision: Revision;
  readonly events: readonly WatchEvent[];
}

export type EventsOutcome =
  | {
      readonly kind: 'ok';
      /** Ascending, whole revisions only. */
      readonly commits: readonly RevisionCommit[];
      /** Where to go on; currentRevision + 1 when all history has been read. */
      readonly next: Revision;
    }
  | { readonly kind: 'compacted'; readonly compactRevision: Revision };
