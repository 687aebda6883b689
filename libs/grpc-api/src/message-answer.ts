import type { CallContext, SlowCalls, UnaryAnswer } from '@etcd-ts/rpc';
import { DirectRequest } from '@etcd-ts/server';
import type { DirectKind, DirectResponse, MemberFacts } from '@etcd-ts/server';
import { encodeMessage } from '@etcd-ts/wire-protocol';
import type { MessageEncoder } from '@etcd-ts/wire-protocol';

import { withHeader } from './header.js';

/** Answers a transaction or a grant without a promise. */
export class MessageAnswer<Kind extends DirectKind> extends DirectRequest<Kind> {
  readonly #codec: MessageEncoder<DirectResponse<Kind>>;
  readonly #facts: MemberFacts;
  readonly #call: CallContext;
  readonly #answer: UnaryAnswer;
  readonly #slow: SlowCalls | undefined;

  constructor(
    kind: Kind,
    codec: MessageEncoder<DirectResponse<Kind>>,
    facts: MemberFacts,
    call: CallContext,
    answer: UnaryAnswer,
    slow?: SlowCalls,
  ) {
    super(kind);
    this.#codec = codec;
    this.#facts = facts;
    this.#call = call;
    this.#answer = answer;
    this.#slow = slow;
  }

  applied(response: DirectResponse<Kind>, tookMs: number): void {
    const bytes = encodeMessage(this.#codec, withHeader(this.#facts, response));
    this.#slow?.ended(this.#call, this.marshalled, bytes, tookMs);
    this.#answer.answer(bytes);
  }

  failed(error: Error, tookMs: number): void {
    this.#slow?.ended(this.#call, this.marshalled, undefined, tookMs);
    this.#answer.refuse(error);
  }
}
