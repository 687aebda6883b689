import {
  EtcdMixWorkload,
  KubernetesMixWorkload,
  LeaseWorkload,
  ListAppendWorkload,
  ReaderWorkload,
  RegisterWorkload,
} from '@etcd-ts/checker';
import type { Workload } from '@etcd-ts/checker';
import { unreachable } from '@etcd-ts/foundation';

import type { WorkloadKind } from './plan.js';

/** Of all the keys that there are. */
export const PREFIXES = ['mix/', 'registry/pods/', 'lease/', 'register/', 'list/'];

const HASTY_LEASES = [2, 2, 4, 8, 20];

export function createWorkload(
  kind: WorkloadKind,
  ttlSeconds: readonly number[] = HASTY_LEASES,
): Workload {
  switch (kind) {
    case 'etcd':
      return new EtcdMixWorkload();
    case 'kubernetes':
      return new KubernetesMixWorkload();
    case 'leases':
      return new LeaseWorkload({ ttlSeconds, keeperEvery: 3 });
    case 'registers':
      return new RegisterWorkload();
    case 'lists':
      return new ListAppendWorkload();
    case 'readers':
      return new ReaderWorkload(PREFIXES);
    default:
      return unreachable(kind, 'workload');
  }
}
