import { assert } from './assert.js';
import { asBuffer } from './bytes.js';

const SEPARATOR = 0x5f; // '_'
const TOMBSTONE_MARK = 0x74; // 't'
const SEPARATOR_AT = 8;
const SUB_AT = 9;
/** main, separator, sub: 8 + 1 + 8; a tombstone's mark comes behind. */
const REVISION_KEY_BYTES = 17;

/** A key of etcd's bucket `key`: main u64 big-endian, `_`, sub likewise; `t` after a tombstone's. */
export interface RevisionKey {
  readonly main: number;
  readonly sub: number;
  readonly tombstone: boolean;
}

/** What encodeRevisionKey() makes of it, for planning. */
export function revisionKeyBytes(tombstone: boolean): number {
  return tombstone ? REVISION_KEY_BYTES + 1 : REVISION_KEY_BYTES;
}

export function encodeRevisionKey(revision: RevisionKey): Buffer {
  const { main, sub, tombstone } = revision;
  assert(Number.isSafeInteger(main) && main >= 0 && sub >= 0, 'a revision is a number from 0 on');
  const bytes = Buffer.allocUnsafe(revisionKeyBytes(tombstone));
  writeRevisionKey(bytes, revision);
  return bytes;
}

/** Into the beginning of `out`, of 18 bytes at least; returns its length. For hot loops. */
export function writeRevisionKey(out: Buffer, { main, sub, tombstone }: RevisionKey): number {
  writeUint64(out, main, 0);
  out[SEPARATOR_AT] = SEPARATOR;
  writeUint64(out, sub, SUB_AT);
  if (tombstone) out[REVISION_KEY_BYTES] = TOMBSTONE_MARK;
  return revisionKeyBytes(tombstone);
}

/** Undefined when it is none, or beyond what a number holds exactly. */
export function decodeRevisionKey(key: Uint8Array): RevisionKey | undefined {
  const tombstone = key.length === REVISION_KEY_BYTES + 1;
  if (key.length !== revisionKeyBytes(tombstone) || key[SEPARATOR_AT] !== SEPARATOR)
    return undefined;
  if (tombstone && key[REVISION_KEY_BYTES] !== TOMBSTONE_MARK) return undefined;
  const bytes = asBuffer(key);
  const main = readUint64(bytes, 0);
  const sub = readUint64(bytes, SUB_AT);
  if (!Number.isSafeInteger(main) || !Number.isSafeInteger(sub)) return undefined;
  return { main, sub, tombstone };
}

function writeUint64(bytes: Buffer, value: number, at: number): void {
  bytes.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  bytes.writeUInt32BE(value >>> 0, at + 4);
}

function readUint64(bytes: Buffer, at: number): number {
  return bytes.readUInt32BE(at) * 2 ** 32 + bytes.readUInt32BE(at + 4);
}
