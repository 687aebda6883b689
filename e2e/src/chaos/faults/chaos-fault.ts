import type { Rng } from '@etcd-ts/foundation';
import type { EtcdCluster } from '@etcd-ts/testkit';

import type { ClusterLoad } from '../../cluster/load/cluster-load.js';
import type { NearWatches } from '../traffic/near-watches.js';
import type { WorkloadKind } from '../traffic/workload-kinds.js';

/** Where a fault happens. */
export interface Site {
  readonly cluster: EtcdCluster;
  readonly load: ClusterLoad;
  readonly watches: NearWatches;
  readonly rng: Rng;
}

export interface Inflicted {
  /** Undoes it; resolves when members that were down serve again. */
  heal(): Promise<void>;
  /** What shows that it took effect, asked after the end of it; undefined: nothing does. */
  proof(): string | undefined;
  /** How many members it ends or stops, or changes it makes; one unless said. */
  readonly times?: number;
  /** Whether it has taken effect yet, for those that take an effect only some time later. */
  isFelt?(): boolean;
  /** It is over by itself: there is nothing to wait for. */
  readonly isOver?: boolean;
}

export interface ChaosFault {
  readonly name: string;
  /** Its row of the fault matrix. */
  readonly row: string;
  readonly minSize?: number;
  /** How long it lasts; up to a few seconds, by chance, unless said. */
  readonly lastsMs?: readonly [least: number, most: number];
  /** Workloads whose data it does not preserve. */
  readonly without?: readonly WorkloadKind[];
  /** Needs members that can be made to fail at named points. */
  readonly failpoints?: boolean;
  inflict(site: Site): Promise<Inflicted>;
}
