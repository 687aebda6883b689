import { MemberId } from '@etcd-ts/foundation';
import { AlarmMember, AlarmType } from '@etcd-ts/wire-protocol';

import type { BucketStore } from './records/bucket-store.js';

const BUCKET = 'alarm';

/** Alarms raised by members; replicated, so every member knows the same ones. */
export class Alarms {
  readonly #records: BucketStore;
  readonly #active = new Map<string, AlarmMember>();

  constructor(records: BucketStore) {
    this.#records = records;
    this.load();
  }

  /** Replaces all state by the records': after a restart or a snapshot. */
  load(): void {
    this.#active.clear();
    for (const [key] of this.#records.bucketEntries(BUCKET)) {
      const alarm = AlarmMember.decode(key);
      this.#active.set(nameOf(alarm), alarm);
    }
  }

  /** Activating what is active changes nothing and answers the same. */
  activate(memberId: MemberId, type: AlarmType): AlarmMember {
    const alarm: AlarmMember = { memberID: memberId, alarm: type };
    if (!this.#active.has(nameOf(alarm))) {
      this.#active.set(nameOf(alarm), alarm);
      this.#records.bucketPut(BUCKET, AlarmMember.encode(alarm).finish(), new Uint8Array(0));
    }
    return alarm;
  }

  /** Undefined when no such alarm was active. */
  deactivate(memberId: MemberId, type: AlarmType): AlarmMember | undefined {
    const alarm: AlarmMember = { memberID: memberId, alarm: type };
    const active = this.#active.get(nameOf(alarm));
    if (active === undefined) return undefined;
    this.#active.delete(nameOf(alarm));
    this.#records.bucketDelete(BUCKET, AlarmMember.encode(active).finish());
    return active;
  }

  /**
   * All of a type; `NONE` means of every type. By type and member, not as they were raised: a member
   * that was restarted does not know that order, and all must answer alike.
   */
  list(type: AlarmType): readonly AlarmMember[] {
    const all = [...this.#active.values()].sort(byTypeAndMember);
    return type === AlarmType.NONE ? all : all.filter((alarm) => alarm.alarm === type);
  }

  get isAny(): boolean {
    return this.#active.size > 0;
  }

  isActive(type: AlarmType): boolean {
    for (const alarm of this.#active.values()) if (alarm.alarm === type) return true;
    return false;
  }
}

function byTypeAndMember(a: AlarmMember, b: AlarmMember): number {
  return a.alarm - b.alarm || (a.memberID < b.memberID ? -1 : 1);
}

function nameOf(alarm: AlarmMember): string {
  return `${alarm.memberID}/${alarm.alarm}`;
}

/** As etcd writes it in texts and labels: one it does not know is a number. */
export function alarmName(type: AlarmType): string {
  switch (type) {
    case AlarmType.NONE:
      return 'NONE';
    case AlarmType.NOSPACE:
      return 'NOSPACE';
    case AlarmType.CORRUPT:
      return 'CORRUPT';
    default:
      return String(type);
  }
}
