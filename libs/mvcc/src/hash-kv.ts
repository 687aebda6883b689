import {
  crc32c,
  KEY_BUCKET,
  Revision,
  revisionKeyBytes,
  toBinaryString,
  writeRevisionKey,
} from '@etcd-ts/foundation';
import type { BinaryString } from '@etcd-ts/foundation';
import type { RevisionRow } from './backend.js';
import { visibleAt } from './key-index/key-index.js';
import { decodeKeyValue } from './key-value-codec.js';
import { RowScan } from './row-scan.js';
import type { StoreState } from './store-state.js';

export type HashOutcome =
  | {
      readonly kind: 'ok';
      /** Unsigned 32 bits. */
      readonly hash: number;
      /** -1 on a store that was never compacted, as etcd answers. */
      readonly compactRevision: number;
      /** As asked for; the current one for 0. */
      readonly hashRevision: number;
      /** The store's revision when the hashing began (header.revision). */
      readonly revision: Revision;
    }
  | { readonly kind: 'compacted' }
  | { readonly kind: 'future' };

/** Every hash begins with the name of the bucket. */
const SEED = crc32c(Buffer.from(KEY_BUCKET));
/** Keys looked at per slice when searching for a live one. */
const SLICE_KEYS = 10_000;

/**
 * etcd's HashKV, bit for bit: CRC-32C over the raw row keys and values up to a revision. Yields
 * between slices; writes may go on meanwhile, for they only add rows behind `hashRevision`. If a
 * compaction is agreed on meanwhile, the work starts over against it: the rows it was based on are
 * about to vanish.
 */
export function* hashKv(state: StoreState, revision: number): Generator<undefined, HashOutcome> {
  for (;;) {
    const { currentRevision, compactedAt } = state;
    if (revision > currentRevision) return { kind: 'future' };
    if (revision > 0 && revision < compactedAt) return { kind: 'compacted' };
    const hashRevision = revision === 0 ? currentRevision : revision;
    // Nothing is that old: etcd hashes no row at all.
    if (hashRevision < 0) {
      return {
        kind: 'ok',
        hash: SEED,
        compactRevision: compactedAt,
        hashRevision,
        revision: currentRevision,
      };
    }
    const hash = yield* new RowHash(state, compactedAt, Revision(hashRevision)).run();
    if (hash === undefined) continue;
    return {
      kind: 'ok',
      hash,
      compactRevision: compactedAt,
      hashRevision,
      revision: currentRevision,
    };
  }
}

class RowHash {
  readonly #state: StoreState;
  readonly #compactedAt: number;
  readonly #revision: Revision;
  readonly #rowKey = Buffer.alloc(revisionKeyBytes(true));
  #keptAt: number;

  constructor(state: StoreState, compactedAt: number, revision: Revision) {
    this.#state = state;
    this.#compactedAt = compactedAt;
    this.#revision = revision;
    this.#keptAt = revision;
  }

  /** Undefined when overtaken by a compaction. */
  *run(): Generator<undefined, number | undefined> {
    // Of the rows that the compaction covers, etcd hashes those that are still the state AT the
    // hashed revision; but if there is no key at all then, it hashes all that compaction left.
    if (!(yield* this.#anyKeyAtRevision())) this.#keptAt = this.#compactedAt;
    const scan = new RowScan(this.#state.backend, Revision(0));
    let hash = SEED;
    while (!scan.done) {
      if (this.#overtaken) return undefined;
      for (const row of scan.next()) {
        if (row.main > this.#revision) return hash;
        if (this.#counts(row)) hash = this.#add(hash, row);
      }
      yield undefined;
    }
    return this.#overtaken ? undefined : hash;
  }

  get #overtaken(): boolean {
    return this.#state.compactedAt !== this.#compactedAt;
  }

  #add(hash: number, row: RevisionRow): number {
    const length = writeRevisionKey(this.#rowKey, row);
    return crc32c(row.value, crc32c(this.#rowKey, hash, 0, length));
  }

  /** Depends on the index at fixed revisions only, never on which rows are gone already. */
  #counts(row: RevisionRow): boolean {
    if (row.main > this.#compactedAt) return true;
    // Also a tombstone exactly at the compaction: older etcds have removed it by now, newer ones
    // have it still, and the hashes of both must be equal.
    if (row.tombstone) return false;
    const { index } = this.#state;
    if (!index.find(toBinaryString(decodeKeyValue(row.value).key))) return false;
    const kept = visibleAt(index.leaf, index.slot, this.#keptAt);
    return kept !== undefined && kept.main === row.main && kept.sub === row.sub;
  }

  *#anyKeyAtRevision(): Generator<undefined, boolean> {
    const { index } = this.#state;
    let from: BinaryString | undefined = '';
    while (from !== undefined) {
      let next: BinaryString | undefined;
      let found = false;
      let visited = 0;
      index.visit({ from, end: undefined }, false, (leaf, slot) => {
        if (visited++ === SLICE_KEYS) next = leaf.keys[slot];
        found = visibleAt(leaf, slot, this.#revision) !== undefined;
        return !found && next === undefined;
      });
      if (found) return true;
      from = next;
      if (from !== undefined) yield undefined;
    }
    return false;
  }
}
