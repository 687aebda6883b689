import { LeaseId } from '@etcd-ts/foundation';
import type { Clock, MemberId } from '@etcd-ts/foundation';

import type { SplitId } from './plain-put.js';

const SUFFIX_LIMIT = 2 ** 48;
const TWO_POW_32 = 2 ** 32;
const INT63_MASK = (1n << 63n) - 1n;

/**
 * Ids that no other member and no earlier life of this member hands out, laid out as etcd's:
 * two low bytes of the member id, five bytes of the start time in milliseconds, one byte of
 * counter (which may run into the time: a member cannot produce 256 ids a millisecond for long
 * enough to catch up with the clock before its next start).
 */
export class RequestIds implements SplitId {
  readonly #prefix: bigint;
  readonly #prefixHigh: number;
  #suffix: number;

  constructor(memberId: MemberId, clock: Clock) {
    this.#prefix = (memberId & 0xffffn) << 48n;
    this.#prefixHigh = Number(memberId & 0xffffn) << 16;
    this.#suffix = (Math.floor(clock.wallMs()) % 2 ** 40) * 256;
  }

  /** The next one is in `high` and `low`, until another is asked for. */
  advance(): void {
    this.#suffix = (this.#suffix + 1) % SUFFIX_LIMIT;
  }

  get high(): number {
    return this.#prefixHigh | Math.floor(this.#suffix / TWO_POW_32);
  }

  get low(): number {
    return this.#suffix | 0;
  }

  next(): bigint {
    this.advance();
    return this.#prefix | BigInt(this.#suffix);
  }

  /** Positive, since a lease id is a signed 64-bit number on the wire and 0 means "none". */
  nextLeaseId(): LeaseId {
    return LeaseId(this.next() & INT63_MASK);
  }
}
