import { MemberId, must } from '@etcd-ts/foundation';
import { decodeMember } from '@etcd-ts/membership';
import type { Cluster } from '@etcd-ts/membership';
import type { V2Request, V2Store } from '@etcd-ts/v2-store';
import type { V2RaftRequest } from '@etcd-ts/wire-protocol';

import { toDomainV2 } from '../translate/v2-translation.js';
import { applied } from './outcome.js';
import type { ApplyOutcome } from './outcome.js';

const ATTRIBUTES = /^\/0\/members\/([0-9a-f]{1,16})\/attributes$/u;
const CLUSTER_VERSION = '/0/version';

/** Entries of the v2 API. What the store refuses is an answer, too: the face puts it into words. */
export class V2Applier {
  readonly #store: V2Store;
  readonly #cluster: Cluster;

  constructor(store: V2Store, cluster: Cluster) {
    this.#store = store;
    this.#cluster = cluster;
  }

  apply(wire: V2RaftRequest): ApplyOutcome {
    const request = toDomainV2(wire);
    if (request.method === 'PUT' && this.#isMembership(request)) {
      this.#store.countClusterWrite('set');
      return applied({ kind: 'v2', outcome: { kind: 'nothing' } });
    }
    return applied({ kind: 'v2', outcome: this.#store.apply(request) });
  }

  /** Members of etcd 3.4 say who they are, and what version all run, by writing to this store. */
  #isMembership({ path, value }: V2Request): boolean {
    if (path === CLUSTER_VERSION) {
      this.#cluster.setClusterVersion(value);
      return true;
    }
    const match = ATTRIBUTES.exec(path);
    if (match === null) return false;
    const id = MemberId(BigInt(`0x${must(match[1], 'the id matched')}`));
    const { name, clientUrls } = decodeMember(value);
    this.#cluster.updateAttributes(id, { name, clientUrls });
    return true;
  }
}
