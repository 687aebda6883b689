import type { MessageShape } from './message-shape.js';
import { WIRE } from './message-shape.js';

/**
 * `unsure`: of what protocol buffers leave open, or decoders take more or less strictly: groups, numbers
 * of more bytes than they need, messages deeper than the shape goes.
 */
export type Verdict = 'wellFormed' | 'malformed' | 'unsure';

interface Varint {
  readonly value: number;
  readonly bytes: number;
}

const MAX_VARINT_BYTES = 10;
/** Above 28 bits a tag or a length may be cut off or not. */
const PLAIN_VARINT_BYTES = 4;

/** A second opinion about bytes, by the rules of the format alone. */
export function judge(shape: MessageShape, bytes: Uint8Array): Verdict {
  for (let at = 0; at < bytes.length;) {
    const tag = varintAt(bytes, at);
    if (typeof tag === 'string') return tag;
    if (tag.bytes > PLAIN_VARINT_BYTES) return 'unsure';
    at += tag.bytes;
    const length = fieldLength(shape, tag.value, bytes.subarray(at));
    if (typeof length === 'string') return length;
    at += length;
  }
  return 'wellFormed';
}

function fieldLength(shape: MessageShape, tag: number, rest: Uint8Array): number | Verdict {
  if (tag >>> 3 === 0) return 'malformed';
  switch (tag & 7) {
    case WIRE.varint: {
      const number = varintAt(rest, 0);
      return typeof number === 'string' ? number : number.bytes;
    }
    case WIRE.fixed64:
      return rest.length < 8 ? 'malformed' : 8;
    case WIRE.fixed32:
      return rest.length < 4 ? 'malformed' : 4;
    case WIRE.bytes:
      return contentLength(shape, tag >>> 3, rest);
    case WIRE.group:
      return 'unsure';
    default:
      return 'malformed';
  }
}

function contentLength(shape: MessageShape, field: number, rest: Uint8Array): number | Verdict {
  const length = varintAt(rest, 0);
  if (typeof length === 'string') return length;
  if (length.bytes > PLAIN_VARINT_BYTES) return 'unsure';
  const end = length.bytes + length.value;
  if (end > rest.length) return 'malformed';
  if (shape.numbers.includes(field)) {
    const list = isPacked(rest.subarray(length.bytes, end));
    return list === 'wellFormed' ? end : list;
  }
  const message = shape.messages.find((known) => known.field === field);
  if (message === undefined) return end;
  if (message.of === undefined) return 'unsure';
  const inner = judge(message.of, rest.subarray(length.bytes, end));
  return inner === 'wellFormed' ? end : inner;
}

/** A number in place of a list is skipped as of another type: then whatever it has in it is right. */
function isPacked(list: Uint8Array): Verdict {
  for (let at = 0; at < list.length;) {
    const number = varintAt(list, at);
    if (typeof number === 'string') return 'unsure';
    at += number.bytes;
  }
  return 'wellFormed';
}

function varintAt(bytes: Uint8Array, at: number): Varint | Verdict {
  let value = 0;
  for (let count = 0; count < MAX_VARINT_BYTES; count++) {
    const byte = bytes[at + count];
    if (byte === undefined) return 'malformed';
    value += (byte & 0x7f) * 2 ** (7 * count);
    if (byte < 0x80) return { value, bytes: count + 1 };
  }
  return 'unsure';
}
