import { must, NO_MEMBER } from '@etcd-ts/foundation';
import type { Logger } from '@etcd-ts/foundation';
import { decodeConfigChangeContext } from '@etcd-ts/membership';
import type { Cluster, MembershipChange } from '@etcd-ts/membership';
import type { ConfChange, ConfState, Entry, Raft } from '@etcd-ts/raft';
import { decodeConfChange } from '@etcd-ts/wire-protocol';

import { CONF_STATE, encodeConfState } from '../records/conf-state.js';

/** What a membership change needs of the backend. */
export interface ConfStateRecord {
  writeMeta(name: string, value: Uint8Array): void;
}

/**
 * A committed membership change, applied to both of its owners: raft's configuration and the
 * member list. The list is the judge: what it finds invalid becomes a no-op for raft too, so that
 * the two can never disagree. Raft's configuration is stored with the list, in the same entry, and
 * a restart takes it from there: replayed changes would be judged by a list that has gone on.
 */
export class ConfChangeApplier {
  readonly #raft: Raft;
  readonly #cluster: Cluster;
  readonly #record: ConfStateRecord;
  readonly #logger: Logger;
  #confState: ConfState;

  constructor(parts: {
    readonly raft: Raft;
    readonly cluster: Cluster;
    readonly record: ConfStateRecord;
    readonly logger: Logger;
  }) {
    this.#raft = parts.raft;
    this.#cluster = parts.cluster;
    this.#record = parts.record;
    this.#logger = parts.logger;
    this.#confState = parts.raft.status().confState;
  }

  /** As of the last applied change. */
  get confState(): ConfState {
    return this.#confState;
  }

  apply(entry: Entry): void {
    const change: ConfChange = decodeConfChange(entry.data);
    const requested = membershipChange(change);
    const verdict = this.#cluster.validate(requested);
    if (verdict !== 'ok') {
      this.#logger.warn('configuration change refused', { type: change.type, verdict });
      this.#confState = this.#raft.applyConfChange({ ...change, nodeId: NO_MEMBER });
      return;
    }
    this.#confState = this.#raft.applyConfChange(change);
    this.#changeMembers(requested);
    this.#record.writeMeta(CONF_STATE, encodeConfState(this.#confState));
  }

  #changeMembers(change: MembershipChange): void {
    switch (change.kind) {
      case 'add':
        return this.#cluster.addMember(change.member);
      case 'promote':
        return this.#cluster.promoteMember(change.id);
      case 'remove':
        return this.#cluster.removeMember(change.id);
      case 'update':
        return this.#cluster.updatePeerUrls(change.id, change.peerUrls);
    }
  }
}

function membershipChange(change: ConfChange): MembershipChange {
  const context = (): ReturnType<typeof decodeConfigChangeContext> =>
    decodeConfigChangeContext(Buffer.from(change.context).toString('utf8'));
  switch (change.type) {
    case 'addNode':
    case 'addLearnerNode': {
      const { member, isPromote } = context();
      return isPromote ? { kind: 'promote', id: change.nodeId } : { kind: 'add', member };
    }
    case 'removeNode':
      return { kind: 'remove', id: change.nodeId };
    case 'updateNode': {
      const { member } = context();
      return {
        kind: 'update',
        id: must(change.nodeId, 'a change names its member'),
        peerUrls: member.peerUrls,
      };
    }
  }
}
