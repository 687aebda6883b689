import type { Revision } from '@etcd-ts/foundation';
import type { UnaryAnswer } from '@etcd-ts/rpc';
import type { MemberFacts, PutOwner } from '@etcd-ts/server';
import { ResponseHeader, varintSize } from '@etcd-ts/wire-protocol';

// PutResponse.header; of ResponseHeader, `revision` and what follows.
const HEADER = 0x0a;
const REVISION = 0x18;
const TERM = 0x20;

/** Answers a put that was asked for nothing but its revision. */
export class PutAnswer implements PutOwner {
  readonly #responses: PutResponses;
  readonly #answer: UnaryAnswer;

  constructor(responses: PutResponses, answer: UnaryAnswer) {
    this.#responses = responses;
    this.#answer = answer;
  }

  applied(revision: Revision): void {
    this.#answer.answer(this.#responses.of(revision));
  }

  failed(error: Error): void {
    this.#answer.refuse(error);
  }
}

/** Marshalled responses of puts: they differ in a number or two, so the rest is made once. */
export class PutResponses {
  readonly #facts: Pick<MemberFacts, 'header'>;
  /** Of the header, as the generated code writes them: this member's for life. */
  readonly #ids: Uint8Array;

  constructor(facts: Pick<MemberFacts, 'header'>) {
    this.#facts = facts;
    const { clusterId, memberId } = facts.header();
    const ids = { clusterId, memberId, revision: 0n, raftTerm: 0n };
    this.#ids = ResponseHeader.encode(ids).finish();
  }

  of(revision: Revision): Uint8Array {
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
  let at = start;
  out[at++] = tag;
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) out[at++] = (rest % 128) | 0x80;
  out[at++] = rest;
  return at;
}
