import { EMPTY_BYTES, NO_MEMBER, varintSize64 } from '@etcd-ts/foundation';
import { CONF_CHANGE_TYPES } from './enum-names.js';
import { FieldReader } from './field-reader.js';
import { encodeSized, lengthDelimitedSize } from './field-writer.js';
import type { RaftConfChange } from './raft-types.js';

const contextSize = (context: Uint8Array): number =>
  context.length === 0 ? 0 : lengthDelimitedSize(context.length);

/** All scalars, zeros too; no empty context. */
export function encodeConfChange(change: RaftConfChange): Uint8Array {
  const ids = varintSize64(change.id) + varintSize64(change.nodeId);
  return encodeSized(4 + ids + contextSize(change.context), (writer) => {
    writer.uint64(1, change.id);
    writer.number(2, CONF_CHANGE_TYPES.toNumber(change.type));
    writer.uint64(3, change.nodeId);
    if (change.context.length > 0) writer.bytes(4, change.context);
  });
}

/** `context` is a view of `bytes`. */
export function decodeConfChange(bytes: Uint8Array): RaftConfChange {
  const reader = new FieldReader(bytes);
  let id = 0n;
  let type = 0;
  let nodeId = NO_MEMBER;
  let context = EMPTY_BYTES;
  while (reader.next()) {
    if (reader.field === 1) id = reader.uint64();
    else if (reader.field === 2) type = reader.number();
    else if (reader.field === 3) nodeId = reader.memberId();
    else if (reader.field === 4) context = reader.bytes();
    else reader.skip();
  }
  return { id, type: CONF_CHANGE_TYPES.toName(type), nodeId, context };
}
