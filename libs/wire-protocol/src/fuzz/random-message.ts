import type { Rng } from '@etcd-ts/foundation';
import { edgeInt64, pick, randomBytes, randomLength } from '@etcd-ts/fuzzing';
import type { MessageShape } from './message-shape.js';
import { bytesField, numberField, tag, varint, WIRE } from './message-shape.js';

const MAX_FIELDS = 6;
const MAX_CONTENT_BYTES = 40;

/** Bytes of a message of this shape, its fields in any order, some of them more than once. */
export function randomMessage(rng: Rng, shape: MessageShape): Buffer {
  return Buffer.concat(
    Array.from({ length: rng.below(MAX_FIELDS) }, () => randomField(rng, shape)),
  );
}

/** Of the same shape, with something in it that is wrong at one place, however deep. */
export function brokenMessage(rng: Rng, shape: MessageShape): Buffer {
  const fields = Array.from({ length: 1 + rng.below(MAX_FIELDS) }, () => randomField(rng, shape));
  fields[rng.below(fields.length)] = brokenField(rng, shape);
  return Buffer.concat(fields);
}

function randomField(rng: Rng, shape: MessageShape): Buffer {
  const { numbers, bytes, messages } = shape;
  const die = rng.below(numbers.length + bytes.length + messages.length + 1);
  if (die < numbers.length) return numberField(pick(rng, numbers), edgeInt64(rng));
  if (die < numbers.length + bytes.length) return bytesField(pick(rng, bytes), content(rng));
  if (messages.length === 0 || die === numbers.length + bytes.length + messages.length) {
    return unknownField(rng);
  }
  const { field, of } = pick(rng, messages);
  return bytesField(field, of === undefined ? Buffer.alloc(0) : randomMessage(rng, of));
}

/** Of a number that nobody uses. */
function unknownField(rng: Rng): Buffer {
  const field = 2_000 + rng.below(100);
  switch (rng.below(4)) {
    case 0:
      return numberField(field, edgeInt64(rng));
    case 1:
      return Buffer.concat([tag(field, WIRE.fixed64), randomBytes(rng, 8)]);
    case 2:
      return Buffer.concat([tag(field, WIRE.fixed32), randomBytes(rng, 4)]);
    default:
      return bytesField(field, content(rng));
  }
}

function brokenField(rng: Rng, shape: MessageShape): Buffer {
  const { numbers, bytes, messages } = shape;
  const known = [...numbers, ...bytes, ...messages.map(({ field }) => field), 1];
  const field = pick(rng, known);
  switch (rng.below(6)) {
    case 0:
      // Another type than the field has.
      return Buffer.concat([tag(field, rng.below(8)), content(rng)]);
    case 1:
      // A length that leads out of this message, perhaps into the one around it.
      return Buffer.concat([
        tag(field, WIRE.bytes),
        varint(BigInt(1 + rng.below(30))),
        randomBytes(rng, rng.below(4)),
      ]);
    case 2:
      return Buffer.concat([tag(field, WIRE.varint), Buffer.alloc(1 + rng.below(12), 0xff)]);
    case 3:
      return Buffer.concat([tag(field, WIRE.bytes), varint(edgeInt64(rng))]);
    case 4:
      return tag(0, rng.below(8));
    default: {
      const within = pick(rng, [...messages, undefined]);
      if (within?.of === undefined) return tag(field, rng.below(8));
      return bytesField(within.field, brokenMessage(rng, within.of));
    }
  }
}

function content(rng: Rng): Buffer {
  return randomBytes(rng, randomLength(rng, MAX_CONTENT_BYTES));
}
