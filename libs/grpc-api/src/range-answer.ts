import type { EncodedRange } from '@etcd-ts/mvcc';
import { Encoded } from '@etcd-ts/rpc';
import { lengthDelimitedSize, varintSize } from '@etcd-ts/wire-protocol';

import { putVarint } from './header-field.js';

// RangeResponse
const KVS = 0x12;
const MORE = 0x18;
const COUNT = 0x20;
/** RangeStreamResponse.range_response */
const RANGE_RESPONSE = 0x0a;

/** Below this a loop is faster than the call into native code that `set` is. */
const LOOP_BYTES = 32;

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
  let at = putBytes(out, 0, header);
  for (const row of rows) {
    out[at] = KVS;
    at = putVarint(out, at + 1, row.length);
    at = putBytes(out, at, row);
  }
  if (more) {
    out[at] = MORE;
    out[at + 1] = 1;
    at += 2;
  }
  if (count !== 0) {
    out[at] = COUNT;
    putVarint(out, at + 1, count);
  }
  return out;
}

/** A marshalled RangeStreamResponse of such a chunk. */
export function rangeStreamResponse(chunk: Uint8Array): Encoded {
  const head = Buffer.allocUnsafe(1 + varintSize(chunk.length));
  head[0] = RANGE_RESPONSE;
  putVarint(head, 1, chunk.length);
  return new Encoded(head, chunk);
}

function putBytes(out: Buffer, at: number, bytes: Uint8Array): number {
  const { length } = bytes;
  if (length > LOOP_BYTES) out.set(bytes, at);
  else for (let i = 0; i < length; i++) out[at + i] = bytes[i] as number;
  return at + length;
}
