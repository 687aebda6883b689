import type { Rng } from '@etcd-ts/foundation';
import { edgeInt64, pick, randomBytes, randomLength } from './random-value.js';

/**
 * What a mutation may add to its input. Long inputs are for the targets to make: grown here without
 * an end, they would make every case slow and none of them new.
 */
const MAX_ADDED_BYTES = 1024;
/** More at once would leave nothing of what was valid. */
const MAX_MUTATIONS = 6;

type Mutation = (rng: Rng, input: Buffer, donors: readonly Uint8Array[]) => Buffer;

/**
 * A few random changes to an input that was valid: bits and bytes turned, numbers put at the edge of
 * their range, parts cut off, taken out, repeated, exchanged, put in from `donors` (other valid
 * inputs). The input is not touched; the answer shares no memory with it.
 */
export function mutateBytes(
  rng: Rng,
  input: Uint8Array,
  donors: readonly Uint8Array[] = [],
): Buffer {
  let mutated: Buffer = Buffer.from(input);
  const most = rng.below(4) === 0 ? MAX_MUTATIONS : 2;
  for (let count = 1 + rng.below(most); count > 0; count--) {
    mutated = pick(rng, mutated.length === 0 ? GROWING : MUTATIONS)(rng, mutated, donors);
  }
  return mutated;
}

/** What a decoder should be fed: mostly a valid input changed, sometimes as it was, sometimes noise. */
export function anyBytes(rng: Rng, valid: Uint8Array, donors: readonly Uint8Array[] = []): Buffer {
  switch (rng.below(12)) {
    case 0:
      return Buffer.from(valid);
    case 1:
      return randomBytes(rng, randomLength(rng, 200));
    default:
      return mutateBytes(rng, valid, donors);
  }
}

const flipBit: Mutation = (rng, input) => {
  const at = rng.below(input.length);
  input[at] = (input[at] ?? 0) ^ (1 << rng.below(8));
  return input;
};

const setByte: Mutation = (rng, input) => {
  const value = pick(rng, [0, 1, 0x7f, 0x80, 0xff, 0x20, 0x2f, rng.below(256)]);
  input[rng.below(input.length)] = value;
  return input;
};

/** A length, an index or a time, in either byte order. */
const setNumber: Mutation = (rng, input) => {
  const number = Buffer.alloc(8);
  if (rng.below(2) === 0) number.writeBigInt64BE(edgeInt64(rng));
  else number.writeBigInt64LE(edgeInt64(rng));
  const size = pick(rng, [2, 4, 8]);
  const start = rng.below(2) === 0 ? 0 : 8 - size;
  number.copy(input, rng.below(input.length), start, start + size);
  return input;
};

/** In the form of protocol buffers, in place of what was there. */
const setVarint: Mutation = (rng, input) => {
  const at = rng.below(input.length);
  return Buffer.concat([input.subarray(0, at), varint(edgeInt64(rng)), input.subarray(at + 1)]);
};

const truncate: Mutation = (rng, input) => input.subarray(0, rng.below(input.length));

const remove: Mutation = (rng, input) => {
  const { from, to } = part(rng, input);
  return Buffer.concat([input.subarray(0, from), input.subarray(to)]);
};

const repeat: Mutation = (rng, input) => {
  const { from, to } = part(rng, input);
  const times = Math.max(1, Math.min(rng.below(4) + 1, Math.floor(MAX_ADDED_BYTES / (to - from))));
  const repeated = Array.from({ length: times }, () => input.subarray(from, to));
  return Buffer.concat([input.subarray(0, to), ...repeated, input.subarray(to)]);
};

const exchange: Mutation = (rng, input) => {
  const { from, to } = part(rng, input);
  const at = rng.below(from + 1);
  return Buffer.concat([
    input.subarray(0, at),
    input.subarray(from, to),
    input.subarray(at, from),
    input.subarray(to),
  ]);
};

const insertNoise: Mutation = (rng, input) => {
  const length = randomLength(rng, 40);
  const noise =
    rng.below(2) === 0 ? randomBytes(rng, length) : Buffer.alloc(length, pick(rng, [0, 0x80, 255]));
  return insert(rng, input, noise);
};

const insertVarint: Mutation = (rng, input) => insert(rng, input, varint(edgeInt64(rng)));

const splice: Mutation = (rng, input, donors) => {
  const donor = Buffer.from(donors.length === 0 ? input : pick(rng, donors));
  if (donor.length === 0) return input;
  const { from, to } = part(rng, donor);
  const piece = donor.subarray(from, Math.min(to, from + MAX_ADDED_BYTES));
  if (rng.below(2) === 0) return insert(rng, input, piece);
  return Buffer.concat([input.subarray(0, rng.below(input.length + 1)), piece]);
};

const GROWING: readonly Mutation[] = [insertNoise, insertVarint, splice];
const MUTATIONS: readonly Mutation[] = [
  ...GROWING,
  flipBit,
  flipBit,
  setByte,
  setByte,
  setNumber,
  setVarint,
  truncate,
  remove,
  repeat,
  exchange,
];

function insert(rng: Rng, input: Buffer, piece: Uint8Array): Buffer {
  const at = rng.below(input.length + 1);
  return Buffer.concat([input.subarray(0, at), piece, input.subarray(at)]);
}

/** Of at least one byte. */
function part(rng: Rng, of: Uint8Array): { readonly from: number; readonly to: number } {
  const from = rng.below(of.length);
  const longest = of.length - from;
  return { from, to: from + 1 + rng.below(rng.below(3) === 0 ? longest : Math.min(longest, 16)) };
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}
