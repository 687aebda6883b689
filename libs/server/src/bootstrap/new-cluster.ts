import { hexId, RaftIndex, Term, NO_MEMBER, must } from '@etcd-ts/foundation';
import type { ClusterId, MemberId } from '@etcd-ts/foundation';
import type { ServerConfig } from '@etcd-ts/config';
import { bootstrapMembers, computeClusterId, encodeMember } from '@etcd-ts/membership';
import type { InitialCluster, Member } from '@etcd-ts/membership';
import type { Entry, HardState } from '@etcd-ts/raft';
import { encodeConfChange } from '@etcd-ts/wire-protocol';

import type { PeerCalls } from '../peers/network.js';
import { BootstrapError } from './bootstrap-error.js';
import { sha1 } from './initial-cluster.js';

const FIRST_TERM = Term(1);

export interface NewCluster {
  readonly localId: MemberId;
  readonly clusterId: ClusterId;
  /** Sorted by id. */
  readonly members: readonly Member[];
  /** One committed membership change a member, in term 1: the log every member starts with. */
  readonly entries: readonly Entry[];
  readonly hardState: HardState;
}

/** Ids and first log entries follow from the configuration alone, so all members agree on them. */
export function planNewCluster(
  config: Pick<ServerConfig, 'name' | 'initialClusterToken'>,
  cluster: InitialCluster,
): NewCluster {
  const members = bootstrapMembers(sha1, cluster, config.initialClusterToken);
  const local = must(
    members.find((member) => member.name === config.name),
    'the initial cluster has been verified',
  );
  return {
    localId: local.id,
    clusterId: computeClusterId(
      sha1,
      members.map((member) => member.id),
    ),
    members,
    entries: members.map(memberEntry),
    hardState: { term: FIRST_TERM, vote: NO_MEMBER, commit: RaftIndex(members.length) },
  };
}

/**
 * A member that served once and lost its data must not come back as a new one: it would vote again,
 * in terms it has voted in, without the entries it has acknowledged. Whoever of the others is up
 * tells whether it did.
 */
export async function refuseSecondBootstrap(
  { localId }: NewCluster,
  config: ServerConfig,
  cluster: InitialCluster,
  calls: PeerCalls,
): Promise<void> {
  const others = [...cluster].filter(([name]) => name !== config.name).flatMap(([, urls]) => urls);
  if (others.length === 0) return;
  const remote = await calls.cluster(others, PEER_ANSWER_TIMEOUT_MS);
  const self = remote?.members.find(({ id }) => id === localId);
  if (self === undefined || self.clientUrls.length === 0) return;
  throw new BootstrapError(`member ${hexId(localId)} has already been bootstrapped`);
}

/** A new cluster's other members are probably not up yet: not long (etcd: one second). */
const PEER_ANSWER_TIMEOUT_MS = 1000;

function memberEntry(member: Member, position: number): Entry {
  return {
    type: 'confChange',
    term: FIRST_TERM,
    index: RaftIndex(position + 1),
    data: encodeConfChange({
      id: 0n,
      type: 'addNode',
      nodeId: member.id,
      context: Buffer.from(encodeMember(member)),
    }),
  };
}
