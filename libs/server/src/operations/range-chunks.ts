import type { MvccStore } from '@etcd-ts/mvcc';
import type { RangeRequest, RangeResponse } from '@etcd-ts/wire-protocol';

import { revisionHeader, toWireKeyValue } from '../translate/response-translation.js';
import { toDomainRange } from '../translate/request-translation.js';
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
): Generator<RangeResponse> {
  const domain = toDomainRange(request);
  if (domain.countOnly) {
    const outcome = store.range(domain);
    if (outcome.kind !== 'ok') throw unavailable(outcome);
    yield lastChunk([], false, outcome.count, outcome.revision);
    return;
  }
  let key = domain.key;
  let revision = domain.revision;
  let chunkKeys = FIRST_CHUNK_KEYS;
  let returned = 0;
  for (;;) {
    const wanted = domain.limit > 0 ? domain.limit - returned : Infinity;
    const mayBeLast = wanted <= chunkKeys;
    const chunk = store.rangeChunk({
      key,
      rangeEnd: domain.rangeEnd,
      limit: Math.min(chunkKeys, wanted),
      maxBytes: 2 * targetBytes,
      revision,
      keysOnly: domain.keysOnly,
      countRemaining: mayBeLast,
    });
    if (chunk.kind !== 'ok') throw unavailable(chunk);
    returned += chunk.kvs.length;
    const kvs = chunk.kvs.map(toWireKeyValue);
    if (chunk.resumeKey === undefined || returned === domain.limit) {
      const remaining = chunk.remaining ?? 0;
      yield lastChunk(kvs, remaining > 0, returned + remaining, chunk.revision);
      return;
    }
    yield { header: undefined, kvs, more: false, count: 0n };
    const bytes = kvs.reduce((sum, kv) => sum + kv.key.length + kv.value.length, 0);
    if (bytes < targetBytes / 2) chunkKeys *= 2;
    else if (bytes > targetBytes * 2 && chunkKeys > 1) chunkKeys = Math.floor(chunkKeys / 2);
    key = chunk.resumeKey;
    revision = chunk.pinnedRevision;
  }
}

function lastChunk(
  kvs: RangeResponse['kvs'],
  more: boolean,
  count: number,
  revision: number,
): RangeResponse {
  return { header: revisionHeader(revision), kvs, more, count: BigInt(count) };
}
