import type { Rng } from '@etcd-ts/foundation';
import type { EtcdCluster } from '@etcd-ts/testkit';

/** Something that goes wrong with members or with the network between them. */
export interface Fault {
  readonly name: string;
  /** Whether the cluster has to go on serving while it lasts. */
  readonly keepsQuorum: boolean;
  /** Not for smaller clusters. */
  readonly minSize?: number;
  /** No member has to notice: one leads, and reaches everybody. Then bytes that did not pass show it. */
  readonly isQuiet?: boolean;
  /** Makes it happen; resolves with what undoes it. */
  inflict(cluster: EtcdCluster, rng: Rng): Promise<() => Promise<void>>;
}
