import type { MvccStore, RangeRequest } from '@etcd-ts/mvcc';

import type { RangeStreamChunk } from '../etcd-server.js';
import { unavailable } from './key-values.js';

/** Keys in the first chunk, before anything is known of their size (etcd: 10). */
const FIRST_CHUNK_KEYS = 10;

/**
 * The chunks of a RangeStream (etcd 3.7): all of the first chunk's revision, each about as large
 * as one request may be, so that a range of any size costs bounded memory. A compaction past that
 * revision ends the stream with an error, never with a mix.
 */
export function* rangeChunks(
  store: MvccStore,
  request: RangeRequest,
  targetBytes: number,
): Generator<RangeStreamChunk> {
  if (request.countOnly) {
    const outcome = store.range(request);
    if (outcome.kind !== 'ok') throw unavailable(outcome);
    const { count, revision } = outcome;
    yield { rows: [], end: { more: false, count, revision } };
    return;
  }
  let key = request.key;
  let revision = request.revision;
  let chunkKeys = FIRST_CHUNK_KEYS;
  let returned = 0;
  for (;;) {
    const wanted = request.limit > 0 ? request.limit - returned : Infinity;
    const mayBeLast = wanted <= chunkKeys;
    const chunk = store.rangeChunk({
      key,
      rangeEnd: request.rangeEnd,
      limit: Math.min(chunkKeys, wanted),
      maxBytes: 2 * targetBytes,
      revision,
      keysOnly: request.keysOnly,
      countRemaining: mayBeLast,
    });
    if (chunk.kind !== 'ok') throw unavailable(chunk);
    const { rows } = chunk;
    returned += rows.length;
    if (chunk.resumeKey === undefined || returned === request.limit) {
      const remaining = chunk.remaining ?? 0;
      const count = returned + remaining;
      yield { rows, end: { more: remaining > 0, count, revision: chunk.revision } };
      return;
    }
    yield { rows, end: undefined };
    const bytes = rows.reduce((sum, row) => sum + row.length, 0);
    if (bytes < targetBytes / 2) chunkKeys *= 2;
    else if (bytes > targetBytes * 2 && chunkKeys > 1) chunkKeys = Math.floor(chunkKeys / 2);
    key = chunk.resumeKey;
    revision = chunk.pinnedRevision;
  }
}
