import { asBuffer, assert } from '@etcd-ts/foundation';

const SEPARATOR = 0x5f; // '_'
const TOMBSTONE_MARK = 0x74; // 't'
const SEPARATOR_AT = 8;
const SUB_AT = 9;
const REVISION_BYTES = 17;

/** A key of etcd's bucket `key`: main u64 big-endian, `_`, sub likewise; `t` after a tombstone's. */
export interface RevisionKey {
  readonly main: number;
  readonly sub: number;
  readonly isTombstone: boolean;
}

export function encodeRevisionKey({ main, sub, isTombstone }: RevisionKey): Buffer {
  assert(Number.isSafeInteger(main) && main >= 0 && sub >= 0, 'a revision is a number from 0 on');
  const bytes = Buffer.alloc(revisionKeyBytes(isTombstone), TOMBSTONE_MARK);
  writeUint64(bytes, main, 0);
  bytes.writeUInt8(SEPARATOR, SEPARATOR_AT);
  writeUint64(bytes, sub, SUB_AT);
  return bytes;
}

/** What encodeRevisionKey() makes of it, for planning. */
export function revisionKeyBytes(isTombstone: boolean): number {
  return isTombstone ? REVISION_BYTES + 1 : REVISION_BYTES;
}

/** Undefined when it is none, or one beyond 2^53. */
export function decodeRevisionKey(key: Uint8Array): RevisionKey | undefined {
  const isTombstone = key.length === REVISION_BYTES + 1;
  if (key.length !== revisionKeyBytes(isTombstone) || key[SEPARATOR_AT] !== SEPARATOR)
    return undefined;
  if (isTombstone && key[REVISION_BYTES] !== TOMBSTONE_MARK) return undefined;
  const bytes = asBuffer(key);
  const main = readUint64(bytes, 0);
  const sub = readUint64(bytes, SUB_AT);
  if (!Number.isSafeInteger(main) || !Number.isSafeInteger(sub)) return undefined;
  return { main, sub, isTombstone };
}

function writeUint64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  bytes.writeUInt32BE(value % 2 ** 32, at + 4);
}

function readUint64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}
