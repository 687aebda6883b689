import type { Revision } from '@etcd-ts/foundation';
import type { CallContext, SlowCalls, UnaryAnswer } from '@etcd-ts/rpc';
import { DirectPut } from '@etcd-ts/server';

import type { HeaderField } from './header-field.js';

/** Answers a put that was asked for nothing but its revision. */
export class PutAnswer extends DirectPut {
  readonly #header: HeaderField;
  readonly #call: CallContext;
  readonly #answer: UnaryAnswer;
  readonly #slow: SlowCalls | undefined;

  constructor(header: HeaderField, call: CallContext, answer: UnaryAnswer, slow?: SlowCalls) {
    super();
    this.#header = header;
    this.#call = call;
    this.#answer = answer;
    this.#slow = slow;
  }

  applied(revision: Revision, tookMs: number): void {
    // A PutResponse has nothing else then.
    const response = this.#header.of(revision);
    this.#slow?.ended(this.#call, this.marshalled, response, tookMs);
    this.#answer.answer(response);
  }

  failed(error: Error, tookMs: number): void {
    this.#slow?.ended(this.#call, this.marshalled, undefined, tookMs);
    this.#answer.refuse(error);
  }
}
