import { NO_MEMBER } from '@etcd-ts/foundation';
import type { Clock, Scheduler } from '@etcd-ts/foundation';
import type { Cluster } from '@etcd-ts/membership';
import { ERRORS } from '@etcd-ts/wire-protocol';

import type { Leadership } from '../peers/leadership.js';

/** Between two tries: the leader may be changing, or its connection broken (etcd: 50 ms). */
const RETRY_MS = 50;

export interface ViaLeaderParts {
  readonly leadership: Leadership;
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly stopped: () => boolean;
}

export interface LeaderAsk<T> {
  /** When this member leads itself; undefined: it did not after all. */
  here(): Promise<T | undefined>;
  /** When another one does, at these peer URLs; undefined: no answer that counts. */
  there(urls: readonly string[], timeoutMs: number): Promise<T | undefined>;
}

/**
 * What only the leader can answer, asked of whoever leads until somebody does. Rejects with Timeout,
 * and with what `here` and `there` reject with.
 */
export async function viaLeader<T>(
  parts: ViaLeaderParts,
  timeoutMs: number,
  ask: LeaderAsk<T>,
): Promise<T> {
  const { leadership, cluster, clock, scheduler, stopped } = parts;
  const deadlineMs = clock.monotonicMs() + timeoutMs;
  for (;;) {
    if (stopped()) throw ERRORS.Stopped.error();
    const leftMs = deadlineMs - clock.monotonicMs();
    if (leftMs <= 0) throw ERRORS.Timeout.error();
    const { leader } = leadership;
    if (leader === cluster.localId) {
      const answer = await ask.here();
      if (answer !== undefined) return answer;
    } else if (leader !== NO_MEMBER) {
      const urls = cluster.member(leader)?.peerUrls ?? [];
      const answer = await ask.there(urls, leftMs);
      if (answer !== undefined) return answer;
    }
    await new Promise<void>((resolve) => scheduler.after(RETRY_MS, resolve));
  }
}
