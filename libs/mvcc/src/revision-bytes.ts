import {
  asBuffer,
  assert,
  decodeRevisionKey,
  encodeRevisionKey,
  must,
  Revision,
} from '@etcd-ts/foundation';

/** A compaction's revision as etcd keeps it in its meta bucket. */
export function encodeCompactRevision(revision: number): Uint8Array {
  return encodeRevisionKey({ main: revision, sub: 0, tombstone: false });
}

export function decodeCompactRevision(bytes: Uint8Array): Revision {
  return Revision(must(decodeRevisionKey(bytes), 'damaged compaction revision').main);
}

export function encodeRevision(revision: number): Uint8Array {
  const out = Buffer.allocUnsafe(8);
  out.writeUInt32BE(Math.floor(revision / 2 ** 32), 0);
  out.writeUInt32BE(revision >>> 0, 4);
  return out;
}

export function decodeRevision(bytes: Uint8Array): Revision {
  assert(bytes.length === 8, 'damaged revision');
  const buffer = asBuffer(bytes);
  return Revision(buffer.readUInt32BE(0) * 2 ** 32 + buffer.readUInt32BE(4));
}
