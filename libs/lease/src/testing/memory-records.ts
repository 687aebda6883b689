import type { LeaseId } from '@etcd-ts/foundation';
import type { LeaseRecord, LeaseRecords } from '../lease-records.js';

export class MemoryRecords implements LeaseRecords {
  readonly records = new Map<LeaseId, LeaseRecord>();

  save(id: LeaseId, ttlSeconds: number, remainingSeconds: number): void {
    this.records.set(id, { id, ttlSeconds, remainingSeconds });
  }

  remove(id: LeaseId): void {
    this.records.delete(id);
  }

  all(): Iterable<LeaseRecord> {
    return this.records.values();
  }
}
