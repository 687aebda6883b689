import { EMPTY_BYTES } from '@etcd-ts/foundation';
import type { ConfChange, ConfChangeV2 } from '../types.js';

/** An empty ConfChangeV2 leaves a joint configuration; empty is also its encoding. */
export const LEAVE_JOINT: ConfChangeV2 = { transition: 'auto', changes: [], context: EMPTY_BYTES };

export function asConfChangeV2(change: ConfChange | ConfChangeV2): ConfChangeV2 {
  if ('changes' in change) return change;
  const { type, nodeId, context } = change;
  return { transition: 'auto', changes: [{ type, nodeId }], context };
}

/** Joint consensus is asked for, or needed because more than one member changes at once. */
export function entersJoint(change: ConfChangeV2): boolean {
  return change.transition !== 'auto' || change.changes.length > 1;
}

export function leavesJoint(change: ConfChangeV2): boolean {
  return change.transition === 'auto' && change.changes.length === 0;
}

const TRANSITION_FIELD = 1;
const CHANGES_FIELD = 2;
const VARINT = 0;
const LENGTH_DELIMITED = 2;

/**
 * leavesJoint() on an encoded raftpb.ConfChangeV2. A leader must know it of a change that a
 * follower forwarded, and a decoder is not raft's business: the top-level tags tell. What cannot
 * be read is not a leave.
 */
export function encodesLeaveJoint(data: Uint8Array): boolean {
  let position = 0;
  while (position < data.length) {
    const tag = data[position++] as number;
    const value = readVarint(data, position);
    if (value === undefined) return false;
    position = value.end;
    if (tag === ((CHANGES_FIELD << 3) | LENGTH_DELIMITED)) return false;
    if (tag === ((TRANSITION_FIELD << 3) | VARINT) && value.value !== 0) return false;
    if ((tag & 7) === LENGTH_DELIMITED) position += value.value;
    else if ((tag & 7) !== VARINT) return false;
  }
  return true;
}

function readVarint(data: Uint8Array, from: number): { value: number; end: number } | undefined {
  let value = 0;
  // Five groups of seven bits: lengths beyond 32 bits are damage.
  for (let i = 0; i < 5; i++) {
    const byte = data[from + i];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * i);
    if (byte < 0x80) return { value, end: from + i + 1 };
  }
  return undefined;
}
