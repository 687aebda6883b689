import type { CancelTimer, Logger, MemberId, Scheduler } from '@etcd-ts/foundation';
import { AlarmRequest_AlarmAction, AlarmType } from '@etcd-ts/wire-protocol';
import type { AlarmRequest } from '@etcd-ts/wire-protocol';

import type { Alarms } from '../alarms.js';
import type { Quota } from '../quota.js';

/** Seldom enough that a member which writes up to its quota again and again is not read-only half the time. */
const CHECK_INTERVAL_MS = 5_000;
/** Looks in a row that must find room: a backend whose size goes up and down is not yet well. */
const LOOKS_WITH_ROOM = 2;

export interface SpaceRecoveryParts {
  readonly alarms: Alarms;
  readonly quota: Quota;
  readonly localId: MemberId;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly propose: (alarm: AlarmRequest) => Promise<unknown>;
  readonly stopped: () => boolean;
}

/**
 * Each member ends the alarm that is its own, because only it knows the size of its backend; writes
 * go on when the last one has. The original never does, and a cluster that has been compacted stays
 * read-only until somebody is woken up.
 */
export function endNoSpaceAlarm(parts: SpaceRecoveryParts): CancelTimer {
  const { alarms, quota, localId, logger } = parts;
  let looksWithRoom = 0;
  let isUnderWay = false;
  const isAlarmed = (): boolean =>
    alarms.list(AlarmType.NOSPACE).some(({ memberID }) => memberID === localId);
  const look = (): void => {
    if (isUnderWay) return;
    looksWithRoom = isAlarmed() && quota.hasRoom ? looksWithRoom + 1 : 0;
    if (looksWithRoom < LOOKS_WITH_ROOM) return;
    isUnderWay = true;
    const action = AlarmRequest_AlarmAction.DEACTIVATE;
    parts
      .propose({ action, memberID: localId, alarm: AlarmType.NOSPACE })
      .catch((error: unknown) => {
        if (parts.stopped()) return;
        logger.warn('failed to end NOSPACE alarm', {
          error: error instanceof Error ? error : String(error),
        });
      })
      .finally(() => (isUnderWay = false));
  };
  return parts.scheduler.every(CHECK_INTERVAL_MS, look, {
    kind: 'poll',
    idleUntilMs: () => (isAlarmed() || looksWithRoom > 0 ? 0 : Infinity),
  });
}
