import { LeaseId } from '@etcd-ts/foundation';
import type { Clock, MemberId } from '@etcd-ts/foundation';

const SUFFIX_LIMIT = 2 ** 48;
const INT63_MASK = (1n << 63n) - 1n;

/**
 * Ids that no other member and no earlier life of this member hands out, laid out as etcd's:
 * two low bytes of the member id, five bytes of the start time in milliseconds, one byte of
 * counter (which may run into the time: a member cannot produce 256 ids a millisecond for long
 * enough to catch up with the clock before its next start).
 */
export class RequestIds {
  readonly #prefix: bigint;
  #suffix: number;

  constructor(memberId: MemberId, clock: Clock) {
    this.#prefix = (memberId & 0xffffn) << 48n;
    this.#suffix = (Math.floor(clock.wallMs()) % 2 ** 40) * 256;
  }

  next(): bigint {
    this.#suffix = (this.#suffix + 1) % SUFFIX_LIMIT;
    return this.#prefix | BigInt(this.#suffix);
  }

  /** Positive, since a lease id is a signed 64-bit number on the wire and 0 means "none". */
  nextLeaseId(): LeaseId {
    return LeaseId(this.next() & INT63_MASK);
  }
}
