import { varintSize, writeBytes, writeVarint } from '@etcd-ts/foundation';
import type { EncodedRange } from '@etcd-ts/mvcc';
import { Encoded } from '@etcd-ts/rpc';
import { lengthDelimitedSize } from '@etcd-ts/wire-protocol';

// RangeResponse
const KVS = 0x12;
const MORE = 0x18;
const COUNT = 0x20;
/** RangeStreamResponse.range_response */
const RANGE_RESPONSE = 0x0a;

/**
 * A marshalled RangeResponse: rows are mvccpb.KeyValues already, and need only be put one behind the
 * other. `header` is its whole field, or nothing.
 */
export function rangeResponse(
  header: Uint8Array,
  { rows, more, count }: Pick<EncodedRange, 'rows' | 'more' | 'count'>,
): Buffer {
  let size = header.length + (more ? 2 : 0) + (count === 0 ? 0 : 1 + varintSize(count));
  for (const row of rows) size += lengthDelimitedSize(row.length);
  const out = Buffer.allocUnsafe(size);
  let at = writeBytes(out, 0, header);
  for (const row of rows) {
    out[at] = KVS;
    at = writeVarint(out, at + 1, row.length);
    at = writeBytes(out, at, row);
  }
  if (more) {
    out[at] = MORE;
    out[at + 1] = 1;
    at += 2;
  }
  if (count !== 0) {
    out[at] = COUNT;
    writeVarint(out, at + 1, count);
  }
  return out;
}

/** A marshalled RangeStreamResponse of such a chunk. */
export function rangeStreamResponse(chunk: Uint8Array): Encoded {
  const head = Buffer.allocUnsafe(1 + varintSize(chunk.length));
  head[0] = RANGE_RESPONSE;
  writeVarint(head, 1, chunk.length);
  return new Encoded(head, chunk);
}
