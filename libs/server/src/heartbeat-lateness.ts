import type { Clock, Logger, MemberId, Term } from '@etcd-ts/foundation';
import { hexId } from '@etcd-ts/foundation';
import type { Message } from '@etcd-ts/raft';

/** Between two heartbeats to one member: later is late, as in etcd. */
const INTERVALS = 2;

export interface HeartbeatLatenessParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly heartbeatIntervalMs: number;
  readonly late: () => void;
}

/** Tells when a leader's heartbeats come so late that the others may take it for dead. */
export class HeartbeatLateness {
  readonly #parts: HeartbeatLatenessParts;
  #term: Term | undefined;
  /** By member, of this term. */
  readonly #lastMs = new Map<MemberId, number>();

  constructor(parts: HeartbeatLatenessParts) {
    this.#parts = parts;
  }

  /** Messages on their way out. Costs those that hold no heartbeat one look at each. */
  sent(messages: readonly Message[]): void {
    for (const message of messages) if (message.type === 'heartbeat') this.#heartbeat(message);
  }

  #heartbeat({ to, term }: Message): void {
    if (term !== this.#term) {
      // Somebody else may have led since: what was before is no measure.
      this.#term = term;
      this.#lastMs.clear();
    }
    const { clock, logger, heartbeatIntervalMs, late } = this.#parts;
    const now = clock.monotonicMs();
    const expectedMs = INTERVALS * heartbeatIntervalMs;
    const exceededMs = now - (this.#lastMs.get(to) ?? now) - expectedMs;
    this.#lastMs.set(to, now);
    if (exceededMs <= 0) return;
    late();
    const message =
      'leader failed to send out heartbeat on time; took too long, leader is overloaded likely from slow disk';
    logger.warn(message, {
      to: hexId(to),
      'heartbeat-interval': `${heartbeatIntervalMs}ms`,
      'expected-duration': `${expectedMs}ms`,
      'exceeded-duration': `${exceededMs.toFixed(3)}ms`,
    });
  }
}
