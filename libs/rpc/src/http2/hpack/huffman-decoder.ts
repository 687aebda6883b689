import { HpackError } from './hpack-error.js';
import { EOS, HUFFMAN_CODES } from './huffman-code.js';

/*
 * A state is a node of the code's tree; the table has, for each state and each half byte, the next
 * state and the symbol passed on the way. No code is shorter than five bits, so there is at most one.
 */
const EMITS = 1 << 16;
const FAILS = 1 << 17;
const SYMBOL_SHIFT = 8;

interface Tree {
  readonly transitions: Uint32Array;
  /** States in which a string may end: not more than seven bits, all ones, of an unfinished code. */
  readonly mayEnd: Uint8Array;
}

/** A child of the tree: another inner node, or a leaf as LEAF + symbol. */
const LEAF = 1 << 10;
const ROOT = 0;
const { transitions, mayEnd } = buildTree();

/**
 * The text of a Huffman-coded string, one character (0..255) a byte. Throws an HpackError for the
 * symbol EOS and for padding that is not the beginning of it (RFC 7541, section 5.2).
 */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number): string {
  // Eight bits of five each, at most: 8/5 characters a byte.
  const out = Buffer.allocUnsafe(Math.ceil(((end - start) * 8) / 5));
  let length = 0;
  let state = ROOT;
  for (let at = start; at < end; at++) {
    const byte = bytes[at] as number;
    const high = transitions[(state << 4) | (byte >>> 4)] as number;
    if ((high & EMITS) !== 0) out[length++] = high >>> SYMBOL_SHIFT;
    const low = transitions[((high & 0xff) << 4) | (byte & 0xf)] as number;
    if ((low & EMITS) !== 0) out[length++] = low >>> SYMBOL_SHIFT;
    if (((high | low) & FAILS) !== 0) throw new HpackError('EOS within a Huffman-coded string');
    state = low & 0xff;
  }
  if (mayEnd[state] !== 1) throw new HpackError('wrong padding of a Huffman-coded string');
  return out.toString('latin1', 0, length);
}

function buildTree(): Tree {
  const nodes: [number, number][] = [[0, 0]];
  for (const { symbol, bits, code } of HUFFMAN_CODES) {
    let node = ROOT;
    for (let bit = bits - 1; bit >= 0; bit--) {
      const children = nodes[node] as [number, number];
      const side = Math.floor(code / 2 ** bit) & 1;
      if (bit === 0) children[side] = LEAF + symbol;
      else if (children[side] === 0) children[side] = nodes.push([0, 0]) - 1;
      node = children[side] as number;
    }
  }
  const table = new Uint32Array(nodes.length * 16);
  for (let state = 0; state < nodes.length; state++) {
    for (let half = 0; half < 16; half++) table[state * 16 + half] = follow(nodes, state, half);
  }
  return { transitions: table, mayEnd: endStates(nodes) };
}

function follow(nodes: readonly [number, number][], from: number, half: number): number {
  let state = from;
  let flags = 0;
  for (let bit = 3; bit >= 0; bit--) {
    const next = (nodes[state] as [number, number])[(half >>> bit) & 1] as number;
    if (next < LEAF) {
      state = next;
      continue;
    }
    if (next - LEAF === EOS) return FAILS;
    flags = EMITS | ((next - LEAF) << SYMBOL_SHIFT);
    state = ROOT;
  }
  return flags | state;
}

function endStates(nodes: readonly [number, number][]): Uint8Array {
  const states = new Uint8Array(nodes.length);
  let state = ROOT;
  for (let ones = 0; ones <= 7; ones++) {
    states[state] = 1;
    state = (nodes[state] as [number, number])[1];
  }
  return states;
}
