import { asBuffer } from '@etcd-ts/foundation';

const SEPARATOR = 0x5f; // '_'
const TOMBSTONE_MARK = 0x74; // 't'
/** main, separator, sub: 8 + 1 + 8; a tombstone's mark comes behind. */
const KEY_BYTES = 17;
const MAX_HIGH_WORD = 2 ** 21;

export interface RevisionKey {
  readonly main: number;
  readonly sub: number;
  readonly tombstone: boolean;
}

export function revisionKeyBytes(tombstone: boolean): number {
  return tombstone ? KEY_BYTES + 1 : KEY_BYTES;
}

/** etcd's key of a row in its `key` bucket. */
export function encodeRevisionKey({ main, sub, tombstone }: RevisionKey): Buffer {
  const key = Buffer.allocUnsafe(revisionKeyBytes(tombstone));
  writeUint64(key, main, 0);
  key[8] = SEPARATOR;
  writeUint64(key, sub, 9);
  if (tombstone) key[KEY_BYTES] = TOMBSTONE_MARK;
  return key;
}

/** Undefined when it is none, or beyond what a number holds exactly. */
export function decodeRevisionKey(bytes: Uint8Array): RevisionKey | undefined {
  const tombstone = bytes.length === KEY_BYTES + 1;
  if (bytes.length !== revisionKeyBytes(tombstone) || bytes[8] !== SEPARATOR) return undefined;
  if (tombstone && bytes[KEY_BYTES] !== TOMBSTONE_MARK) return undefined;
  const main = readUint64(bytes, 0);
  const sub = readUint64(bytes, 9);
  return main === undefined || sub === undefined ? undefined : { main, sub, tombstone };
}

function writeUint64(out: Buffer, value: number, at: number): void {
  out.writeUInt32BE(Math.floor(value / 2 ** 32), at);
  out.writeUInt32BE(value >>> 0, at + 4);
}

function readUint64(bytes: Uint8Array, at: number): number | undefined {
  const buffer = asBuffer(bytes);
  const high = buffer.readUInt32BE(at);
  return high < MAX_HIGH_WORD ? high * 2 ** 32 + buffer.readUInt32BE(at + 4) : undefined;
}
