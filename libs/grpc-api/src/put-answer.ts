import type { Revision } from '@etcd-ts/foundation';
import type { UnaryAnswer } from '@etcd-ts/rpc';
import type { PutOwner } from '@etcd-ts/server';

import type { HeaderField } from './header-field.js';

/** Answers a put that was asked for nothing but its revision. */
export class PutAnswer implements PutOwner {
  readonly #header: HeaderField;
  readonly #answer: UnaryAnswer;

  constructor(header: HeaderField, answer: UnaryAnswer) {
    this.#header = header;
    this.#answer = answer;
  }

  applied(revision: Revision): void {
    // A PutResponse has nothing else then.
    this.#answer.answer(this.#header.of(revision));
  }

  failed(error: Error): void {
    this.#answer.refuse(error);
  }
}
