import {
  EtcdMixWorkload,
  KubernetesMixWorkload,
  LeaseWorkload,
  ListAppendWorkload,
  RegisterWorkload,
} from '@etcd-ts/checker';
import type { Workload } from '@etcd-ts/checker';
import { unreachable } from '@etcd-ts/foundation';

import type { WorkloadKind } from './plan.js';

export function createWorkload(kind: WorkloadKind): Workload {
  switch (kind) {
    case 'etcd':
      return new EtcdMixWorkload();
    case 'kubernetes':
      return new KubernetesMixWorkload();
    case 'leases':
      return new LeaseWorkload();
    case 'registers':
      return new RegisterWorkload();
    case 'lists':
      return new ListAppendWorkload();
    default:
      return unreachable(kind, 'workload');
  }
}
