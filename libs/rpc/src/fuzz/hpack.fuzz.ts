import { assert, SeededRng } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { anyBytes, pick, randomBytes, randomLength } from '@etcd-ts/fuzzing';
import { fieldSize } from '../http2/hpack/header-field.js';
import type { HeaderField } from '../http2/hpack/header-field.js';
import { HpackDecoder } from '../http2/hpack/hpack-decoder.js';
import type { HeaderList } from '../http2/hpack/hpack-decoder.js';
import { HpackError } from '../http2/hpack/hpack-error.js';
import { decodeHuffman } from '../http2/hpack/huffman-decoder.js';
import { encodeHuffman, HpackEncoder } from '../http2/testing/hpack-encoder.js';

const CONNECTIONS = 4;
const BLOCKS = 12;
const MAX_TABLE_BYTES = 1_024;
const MAX_LIST_BYTES = 2_000;
const NAMES = [':method', ':path', ':authority', 'content-type', 'te', 'x-y', 'grpc-timeout', ''];

/**
 * Header blocks of an encoder that uses all that RFC 7541 allows: what it says is what is understood.
 * Then the same blocks damaged: a list within its limit or an HpackError, and two decoders that agree.
 * And Huffman codes: whatever is decoded is encoded to the same bits. A case is a block, or a code.
 */
export function round(seed: number): number {
  const rng = new SeededRng(seed);
  let cases = 0;
  for (let connection = 0; connection < CONNECTIONS; connection++) {
    cases += connectionOf(rng);
    for (let count = 0; count < BLOCKS; count++) cases += huffmanCase(rng);
  }
  return cases;
}

function connectionOf(rng: Rng): number {
  const encoder = new HpackEncoder(MAX_TABLE_BYTES);
  const decoder = newDecoder();
  const blocks: Buffer[] = [];
  const used: HeaderField[] = [];
  for (let count = 0; count < BLOCKS; count++) {
    const fields = Array.from({ length: rng.below(6) }, () => fieldOf(rng, used));
    const resized = rng.below(4) === 0 ? [encoder.resize(rng.below(MAX_TABLE_BYTES + 1))] : [];
    const indexing = pick(rng, ['incremental', 'without', 'never'] as const);
    const block = Buffer.concat([...resized, encoder.block(fields, rng.below(2) === 0, indexing)]);
    checkUnderstood(decoder.decode(block, 0, block.length), fields);
    blocks.push(block);
  }
  return blocks.length + damagedConnection(rng, blocks);
}

/** One after the other into one decoder: what an earlier block left in the table counts later. */
function damagedConnection(rng: Rng, blocks: readonly Buffer[]): number {
  const decoders = [newDecoder(), newDecoder()] as const;
  let cases = 0;
  for (const block of blocks) {
    const damaged = anyBytes(rng, block, blocks);
    cases++;
    // The same bytes at another place of a chunk: nothing around them may count.
    const around = Buffer.concat([Buffer.alloc(3, 0xff), damaged, randomBytes(rng, 5)]);
    const first = outcome(decoders[0], damaged, 0, damaged.length);
    const second = outcome(decoders[1], around, 3, 3 + damaged.length);
    assert(JSON.stringify(first) === JSON.stringify(second), 'two decoders do not agree');
    assert(decoders[0].generation === decoders[1].generation, 'two tables do not agree');
    if (typeof first === 'string') break;
    const bytes = first.fields.reduce((sum, field) => sum + fieldSize(field), 0);
    assert(bytes <= MAX_LIST_BYTES, 'a list longer than allowed');
  }
  return cases;
}

function checkUnderstood({ fields, truncated }: HeaderList, said: readonly HeaderField[]): void {
  const bytes = said.reduce((sum, field) => sum + fieldSize(field), 0);
  assert(truncated === bytes > MAX_LIST_BYTES, 'truncated without a reason, or not with one');
  const expected = truncated ? said.slice(0, fields.length) : said;
  assert(JSON.stringify(fields) === JSON.stringify(expected), 'not what was said');
}

function outcome(decoder: HpackDecoder, bytes: Buffer, from: number, to: number) {
  try {
    return decoder.decode(bytes, from, to);
  } catch (error) {
    if (error instanceof HpackError) return error.message;
    throw error;
  }
}

function huffmanCase(rng: Rng): number {
  const text = randomBytes(rng, randomLength(rng, 60)).toString('latin1');
  const code = encodeHuffman(text);
  assert(decodeHuffman(code, 0, code.length) === text, 'not what was encoded');
  const damaged = anyBytes(rng, code);
  try {
    const decoded = decodeHuffman(damaged, 0, damaged.length);
    assert(encodeHuffman(decoded).equals(damaged), 'a code that nobody would encode');
  } catch (error) {
    if (!(error instanceof HpackError)) throw error;
  }
  return 2;
}

function fieldOf(rng: Rng, used: HeaderField[]): HeaderField {
  if (used.length > 0 && rng.below(2) === 0) return pick(rng, used);
  const field = {
    name: pick(rng, NAMES),
    value: randomBytes(rng, randomLength(rng, 300)).toString('latin1'),
  };
  used.push(field);
  return field;
}

function newDecoder(): HpackDecoder {
  return new HpackDecoder({ maxTableBytes: MAX_TABLE_BYTES, maxListBytes: MAX_LIST_BYTES });
}
