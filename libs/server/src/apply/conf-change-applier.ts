import { hexId, must, NO_MEMBER } from '@etcd-ts/foundation';
import type { Logger, MemberId } from '@etcd-ts/foundation';
import { decodeConfigChangeContext } from '@etcd-ts/membership';
import type { Cluster, Member, MembershipChange, MembershipVerdict } from '@etcd-ts/membership';
import type { V2Store } from '@etcd-ts/v2-store';
import type { ConfChange, ConfState, Entry, Raft } from '@etcd-ts/raft';
import { decodeConfChange, ERRORS } from '@etcd-ts/wire-protocol';
import type { EtcdError } from '@etcd-ts/wire-protocol';

import { CONF_STATE, encodeConfState } from '../records/conf-state.js';
import { applied, refused } from './outcome.js';
import type { ApplyOutcome } from './outcome.js';

/** What a membership change needs of the backend. */
export interface ConfStateRecord {
  writeMeta(name: string, value: Uint8Array): void;
}

/** Hears of changes when they are applied, each once: whom to talk to, and whether to stop. */
export interface MembershipObserver {
  added(member: Member): void;
  removed(id: MemberId): void;
  updated(id: MemberId, peerUrls: readonly string[]): void;
}

export interface ConfChangeApplierParts {
  readonly raft: Raft;
  readonly cluster: Cluster;
  readonly record: ConfStateRecord;
  readonly observer: MembershipObserver;
  /** In etcd the members live in the v2 store: its index counts their changes. */
  readonly v2Store: Pick<V2Store, 'countClusterWrite'>;
  readonly logger: Logger;
}

/** The answer to one change, for whoever proposed it under this id. */
export interface ConfChangeOutcome {
  readonly id: bigint;
  readonly outcome: ApplyOutcome;
}

/**
 * A committed membership change, applied to both of its owners: raft's configuration and the
 * member list. The list is the judge: what it finds invalid becomes a no-op for raft too, so that
 * the two can never disagree. Raft's configuration is stored with the list, in the same entry, and
 * a restart takes it from there: replayed changes would be judged by a list that has gone on.
 */
export class ConfChangeApplier {
  readonly #parts: ConfChangeApplierParts;
  #confState: ConfState;

  constructor(parts: ConfChangeApplierParts) {
    this.#parts = parts;
    this.#confState = parts.raft.status().confState;
  }

  /** As of the last applied change. */
  get confState(): ConfState {
    return this.#confState;
  }

  /** Raft has taken its configuration from a snapshot, as the member list has. */
  restored(): void {
    this.#confState = this.#parts.raft.status().confState;
  }

  apply(entry: Entry): ConfChangeOutcome {
    const { raft, cluster, record, logger } = this.#parts;
    const change: ConfChange = decodeConfChange(entry.data);
    const requested = membershipChange(change);
    const verdict = cluster.validate(requested);
    if (verdict !== 'ok') {
      logger.warn('configuration change refused', { type: change.type, verdict });
      this.#confState = raft.applyConfChange({ ...change, nodeId: NO_MEMBER });
      return { id: change.id, outcome: refused(verdictError(verdict)) };
    }
    this.#confState = raft.applyConfChange(change);
    this.#changeMembers(requested);
    for (const write of V2_WRITES[requested.kind]) this.#parts.v2Store.countClusterWrite(write);
    record.writeMeta(CONF_STATE, encodeConfState(this.#confState));
    return { id: change.id, outcome: applied({ kind: 'conf' }) };
  }

  #changeMembers(change: MembershipChange): void {
    const { cluster, observer, logger } = this.#parts;
    const fields = {
      'cluster-id': hexId(cluster.clusterId),
      'local-member-id': hexId(cluster.localId),
    };
    switch (change.kind) {
      case 'add': {
        const { member } = change;
        cluster.addMember(member);
        logger.info('added member', {
          ...fields,
          'added-peer-id': hexId(member.id),
          'added-peer-peer-urls': member.peerUrls,
          'added-peer-is-learner': member.isLearner,
        });
        return observer.added(member);
      }
      case 'promote':
        cluster.promoteMember(change.id);
        logger.info('promote member', { ...fields, 'promoted-member-id': hexId(change.id) });
        return;
      case 'remove':
        cluster.removeMember(change.id);
        logger.info('removed member', { ...fields, 'removed-remote-peer-id': hexId(change.id) });
        return observer.removed(change.id);
      case 'update':
        cluster.updatePeerUrls(change.id, change.peerUrls);
        logger.info('updated member', {
          ...fields,
          'updated-remote-peer-id': hexId(change.id),
          'updated-remote-peer-urls': change.peerUrls,
        });
        return observer.updated(change.id, change.peerUrls);
    }
  }
}

/** What a change writes in etcd's v2 store; a member that is removed leaves a tombstone there. */
const V2_WRITES = {
  add: ['create'],
  promote: ['update'],
  update: ['update'],
  remove: ['delete', 'create'],
} as const;

/** What the proposer of an invalid change is told. */
export function verdictError(verdict: Exclude<MembershipVerdict, 'ok'>): EtcdError {
  switch (verdict) {
    case 'idRemoved':
    case 'idNotFound':
      return ERRORS.MemberNotFound.error();
    case 'idExists':
      return ERRORS.MemberExist.error();
    case 'peerUrlExists':
      return ERRORS.PeerURLExist.error();
    case 'memberNotLearner':
      return ERRORS.MemberNotLearner.error();
    case 'tooManyLearners':
      return ERRORS.TooManyLearners.error();
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
