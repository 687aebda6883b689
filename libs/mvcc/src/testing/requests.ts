import { EMPTY_BYTES, NO_LEASE } from '@etcd-ts/foundation';
import type { LeaseAttachments } from '../lease-attachments.js';
import type { DeleteRangeRequest, PutRequest } from '../operation.js';
import type { RangeRequest } from '../range-request.js';
import type { MvccBackend } from '../backend.js';
import { MvccStore } from '../store.js';

export const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');
export const TO_THE_END = Uint8Array.of(0);

export function rangeRequest(key: string, options: Partial<RangeRequest> = {}): RangeRequest {
  return {
    key: bytes(key),
    rangeEnd: EMPTY_BYTES,
    limit: 0,
    revision: 0,
    sortOrder: 'none',
    sortTarget: 'key',
    keysOnly: false,
    countOnly: false,
    minModRevision: 0,
    maxModRevision: 0,
    minCreateRevision: 0,
    maxCreateRevision: 0,
    ...options,
  };
}

export function putRequest(
  key: string,
  value: string,
  options: Partial<PutRequest> = {},
): PutRequest {
  return {
    key: bytes(key),
    value: bytes(value),
    lease: NO_LEASE,
    prevKv: false,
    ignoreValue: false,
    ignoreLease: false,
    ...options,
  };
}

export function deleteRequest(key: string, rangeEnd = EMPTY_BYTES): DeleteRangeRequest {
  return { key: bytes(key), rangeEnd, prevKv: true };
}

export function openStore(backend: MvccBackend, leases: LeaseAttachments): MvccStore {
  return finish(MvccStore.restore(backend, leases));
}

export function finish<T>(steps: Generator<unknown, T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
