import {
  assert,
  CURRENT_REVISION_META,
  LeaseId,
  NO_LEASE,
  Revision,
  toBinaryString,
} from '@etcd-ts/foundation';
import type { BinaryString } from '@etcd-ts/foundation';
import type { RevisionRow } from './backend.js';
import { decodeKeyValue } from './key-value-codec.js';
import { decodeRevision } from './revision-bytes.js';
import { RowScan } from './row-scan.js';
import type { StoreState } from './store-state.js';

/** How far a restore has come; one is yielded per slice. */
export interface RestoreProgress {
  readonly rows: number;
  /** Of the last row read. */
  readonly revision: number;
}

/** Rebuilds index and lease attachments from the rows. */
export function* restoreRows(state: StoreState): Generator<RestoreProgress, void> {
  const stored = state.backend.readMeta(CURRENT_REVISION_META);
  if (stored !== undefined) state.currentRevision = decodeRevision(stored);
  const leased = new Map<BinaryString, LeaseId>();
  const scan = new RowScan(state.backend, Revision(0));
  let count = 0;
  while (!scan.done) {
    const rows = scan.next();
    for (const row of rows) restoreRow(state, leased, row);
    count += rows.length;
    yield { rows: count, revision: rows.at(-1)?.main ?? state.currentRevision };
  }
  // A key's lease is that of its newest row, so only now are they known.
  for (const [key, lease] of leased) state.leases.attach(lease, key);
}

function restoreRow(state: StoreState, leased: Map<BinaryString, LeaseId>, row: RevisionRow): void {
  assert(row.main <= state.currentRevision, 'a row lies behind the recorded current revision');
  const kv = decodeKeyValue(row.value);
  const key = toBinaryString(kv.key);
  if (kv.lease !== NO_LEASE) leased.set(key, kv.lease);
  else if (leased.size > 0) leased.delete(key);
  // Create revision and version come from the row: the first puts of the key may be compacted.
  state.index.append(key, row.main, row.sub, kv.createRevision, row.tombstone ? 0 : kv.version);
}
