import type { Logger, MemberId } from '@etcd-ts/foundation';
import { AlarmRequest_AlarmAction, AlarmType, ERRORS } from '@etcd-ts/wire-protocol';

import type { Alarms } from './alarms.js';
import type { Consensus } from './operations/consensus.js';
import type { Quota } from './quota.js';

/** Refuses what does not fit the quota, and sees to it that the whole cluster hears of it. */
export class SpaceGuard {
  readonly #quota: Quota;
  readonly #alarms: Alarms;
  readonly #consensus: Consensus;
  readonly #localId: MemberId;
  readonly #logger: Logger;
  #raising: Promise<void> | undefined;

  constructor(parts: {
    readonly quota: Quota;
    readonly alarms: Alarms;
    readonly consensus: Consensus;
    readonly localId: MemberId;
    readonly logger: Logger;
  }) {
    this.#quota = parts.quota;
    this.#alarms = parts.alarms;
    this.#consensus = parts.consensus;
    this.#localId = parts.localId;
    this.#logger = parts.logger;
  }

  readonly ensureSpace = (costBytes: number): Promise<never> | undefined => {
    if (this.#quota.allows(costBytes)) return undefined;
    return this.raiseAlarm().then(() => {
      throw ERRORS.NoSpace.error();
    });
  };

  /** One proposal at a time; resolves when the alarm is up or could not be raised (logged). */
  raiseAlarm(): Promise<void> {
    if (this.#alarms.isActive(AlarmType.NOSPACE)) return Promise.resolve();
    this.#raising ??= this.#propose().finally(() => (this.#raising = undefined));
    return this.#raising;
  }

  async #propose(): Promise<void> {
    try {
      await this.#consensus.propose({
        alarm: {
          action: AlarmRequest_AlarmAction.ACTIVATE,
          memberID: this.#localId,
          alarm: AlarmType.NOSPACE,
        },
      });
    } catch (error) {
      this.#logger.warn('failed to raise NOSPACE alarm', {
        error: error instanceof Error ? error : String(error),
      });
    }
  }
}
