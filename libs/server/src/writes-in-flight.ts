import type { Clock, Logger } from '@etcd-ts/foundation';
import type { Entry } from '@etcd-ts/raft';

/**
 * Received entries that may wait for the disk. A leader sends up to 512 appends of a megabyte ahead;
 * a disk that stalls must not fill the heap with them. What is refused is sent again.
 */
const MAX_BYTES = 256 * 1024 * 1024;

interface WritesInFlightParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly electionTimeoutMs: number;
}

/** What raft has handed to the log and no fsync has covered yet. */
export class WritesInFlight {
  readonly #parts: WritesInFlightParts;
  #count = 0;
  #bytes = 0;
  /** Since when there are some without one having ended. */
  #sinceMs = 0;
  #wereStalled = false;

  constructor(parts: WritesInFlightParts) {
    this.#parts = parts;
  }

  get count(): number {
    return this.#count;
  }

  get isFull(): boolean {
    return this.#bytes > MAX_BYTES;
  }

  /** None has ended for an election timeout. Says so when that begins. */
  areStalled(isLeader: boolean): boolean {
    const { clock, logger, electionTimeoutMs } = this.#parts;
    const waitedMs = this.#count === 0 ? 0 : clock.monotonicMs() - this.#sinceMs;
    const areStalled = waitedMs > electionTimeoutMs;
    if (areStalled && !this.#wereStalled) {
      logger.warn('disk takes no writes; this member neither leads nor campaigns until it does', {
        'write-in-flight-for': `${waitedMs.toFixed(0)}ms`,
        'is-leader': isLeader,
      });
    }
    this.#wereStalled = areStalled;
    return areStalled;
  }

  began(entries: readonly Entry[]): void {
    if (this.#count++ === 0) this.#sinceMs = this.#parts.clock.monotonicMs();
    this.#bytes += sizeOf(entries);
  }

  ended(entries: readonly Entry[]): void {
    this.#count--;
    this.#bytes -= sizeOf(entries);
    this.#sinceMs = this.#parts.clock.monotonicMs();
  }
}

function sizeOf(entries: readonly Entry[]): number {
  let bytes = 0;
  for (const { data } of entries) bytes += data.length;
  return bytes;
}
