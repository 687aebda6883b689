import type { CancelTimer, Clock, Logger, Scheduler } from '@etcd-ts/foundation';
import { v2Request } from '@etcd-ts/v2-store';
import type { V2Request, V2Store } from '@etcd-ts/v2-store';

import { wallNs } from '../wall-clock.js';

/** How often the leader looks for keys whose time is over (etcd: 500 ms). */
const CHECK_INTERVAL_MS = 500;

export interface V2ExpiryParts {
  readonly v2Store: V2Store;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly isLeader: () => boolean;
  readonly propose: (request: V2Request) => Promise<unknown>;
  readonly stopped: () => boolean;
}

/**
 * The leader tells all members what time it is, and they let go of what has expired by then: its
 * clock alone decides. A refresh that is in the log before the entry is applied before it, so that
 * an entry proposed too eagerly takes nothing away; one that is lost is made up for by the next look.
 */
export function startV2Expiry(parts: V2ExpiryParts): CancelTimer {
  const { v2Store, clock, scheduler, logger, propose } = parts;
  let isUnderWay = false;
  const expire = (): void => {
    const timeNs = wallNs(clock);
    const next = v2Store.nextExpirationNs;
    if (isUnderWay || !parts.isLeader() || next === undefined || next > timeNs) return;
    isUnderWay = true;
    propose(v2Request({ method: 'SYNC', timeNs }))
      .catch((error: unknown) => {
        if (parts.stopped()) return;
        logger.warn('failed to expire keys of the v2 store', {
          error: error instanceof Error ? error : String(error),
        });
      })
      .finally(() => (isUnderWay = false));
  };
  return scheduler.every(CHECK_INTERVAL_MS, expire, {
    kind: 'poll',
    // By the wall clock, which may jump: no moment of the other one can be told.
    idleUntilMs: () => (v2Store.nextExpirationNs === undefined ? Infinity : 0),
  });
}
