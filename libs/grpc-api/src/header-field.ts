import { varintSize, writeVarint } from '@etcd-ts/foundation';
import type { MemberFacts } from '@etcd-ts/server';
import { ResponseHeader } from '@etcd-ts/wire-protocol';

/** The first field of every response. */
const HEADER = 0x0a;
// Of ResponseHeader, `revision` and what follows.
const REVISION = 0x18;
const TERM = 0x20;

/** Marshalled headers: they differ in a number or two, so the rest is made once. */
export class HeaderField {
  readonly #facts: Pick<MemberFacts, 'header'>;
  /** Of the header, as the generated code writes them: this member's for life. */
  readonly #ids: Uint8Array;

  constructor(facts: Pick<MemberFacts, 'header'>) {
    this.#facts = facts;
    const { clusterId, memberId } = facts.header();
    const ids = { clusterId, memberId, revision: 0n, raftTerm: 0n };
    this.#ids = ResponseHeader.encode(ids).finish();
  }

  /** Tag, length and header: all of a response that says nothing else. */
  of(revision: number): Uint8Array {
    const { raftTerm } = this.#facts.header();
    const ids = this.#ids;
    // Two ids of 64 bits and two numbers: always below 128.
    const length = ids.length + fieldSize(revision) + fieldSize(raftTerm);
    const out = Buffer.allocUnsafe(2 + length);
    out[0] = HEADER;
    out[1] = length;
    out.set(ids, 2);
    const at = putField(out, 2 + ids.length, REVISION, revision);
    putField(out, at, TERM, raftTerm);
    return out;
  }
}

/** Zeros are left out. */
function fieldSize(value: number): number {
  return value === 0 ? 0 : 1 + varintSize(value);
}

function putField(out: Buffer, start: number, tag: number, value: number): number {
  if (value === 0) return start;
  out[start] = tag;
  return writeVarint(out, start + 1, value);
}
