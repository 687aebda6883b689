import { asBuffer, assert, Revision } from '@etcd-ts/foundation';

const SEPARATOR = 0x5f; // '_'
const TOMBSTONE_MARK = 0x74; // 't'
/** main, separator, sub: 8 + 1 + 8. */
export const REVISION_BYTES = 17;

/** Writes etcd's row key for a revision; returns its length (17, a tombstone's is 18). */
export function writeRevisionKey(
  out: Buffer,
  main: number,
  sub: number,
  tombstone: boolean,
): number {
  writeUint64(out, 0, main);
  out[8] = SEPARATOR;
  writeUint64(out, 9, sub);
  if (!tombstone) return REVISION_BYTES;
  out[REVISION_BYTES] = TOMBSTONE_MARK;
  return REVISION_BYTES + 1;
}

/** A compaction's revision as etcd keeps it in its meta bucket. */
export function encodeCompactRevision(revision: number): Uint8Array {
  const out = Buffer.allocUnsafe(REVISION_BYTES);
  writeRevisionKey(out, revision, 0, false);
  return out;
}

export function decodeCompactRevision(bytes: Uint8Array): Revision {
  assert(bytes.length === REVISION_BYTES, 'damaged compaction revision');
  return readUint64(bytes);
}

export function encodeRevision(revision: number): Uint8Array {
  const out = Buffer.allocUnsafe(8);
  writeUint64(out, 0, revision);
  return out;
}

export function decodeRevision(bytes: Uint8Array): Revision {
  assert(bytes.length === 8, 'damaged revision');
  return readUint64(bytes);
}

function writeUint64(out: Buffer, at: number, value: number): void {
  out.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  out.writeUInt32BE(value >>> 0, at + 4);
}

function readUint64(bytes: Uint8Array): Revision {
  const buffer = asBuffer(bytes);
  return Revision(buffer.readUInt32BE(0) * 2 ** 32 + buffer.readUInt32BE(4));
}
