import { createHash } from 'node:crypto';
import { RaftIndex, Term, NO_MEMBER, must } from '@etcd-ts/foundation';
import type { ClusterId, MemberId } from '@etcd-ts/foundation';
import { parseEndpointUrl } from '@etcd-ts/config';
import type { ServerConfig } from '@etcd-ts/config';
import {
  bootstrapMembers,
  computeClusterId,
  encodeMember,
  parseInitialCluster,
  verifyBootstrap,
} from '@etcd-ts/membership';
import type { Member } from '@etcd-ts/membership';
import type { Entry, HardState } from '@etcd-ts/raft';
import { encodeConfChange } from '@etcd-ts/wire-protocol';

import { BootstrapError } from './bootstrap-error.js';

const FIRST_TERM = Term(1);

export interface NewCluster {
  readonly localId: MemberId;
  readonly clusterId: ClusterId;
  /** One committed membership change a member, in term 1: the log every member starts with. */
  readonly entries: readonly Entry[];
  readonly hardState: HardState;
}

const sha1 = (bytes: Uint8Array): Uint8Array => createHash('sha1').update(bytes).digest();

/** Ids and first log entries follow from the configuration alone, so all members agree on them. */
export function planNewCluster(config: ServerConfig): NewCluster {
  if (config.initialClusterState === 'existing') {
    throw new BootstrapError(
      '--initial-cluster-state=existing: joining an existing cluster is not supported yet by this ' +
        'version of etcd-ts',
    );
  }
  const parsed = parseInitialCluster(config.initialCluster, parseEndpointUrl);
  if (parsed.kind === 'error') {
    throw new BootstrapError(`error setting up initial cluster: ${parsed.message}`);
  }
  const problem = verifyBootstrap({
    localName: config.name,
    cluster: parsed.cluster,
    advertisePeerUrls: config.initialAdvertisePeerUrls.map((url) => url.text),
    // With one member the advertised URLs are compared as written; names are looked up only to
    // match members against each other.
    resolve: (url) => url,
  });
  if (problem !== undefined) throw new BootstrapError(problem);
  const members = bootstrapMembers(sha1, parsed.cluster, config.initialClusterToken);
  if (members.length !== 1) {
    throw new BootstrapError(
      `--initial-cluster names ${members.length} members: clusters of several members are not ` +
        'supported yet by this version of etcd-ts',
    );
  }
  const local = must(
    members.find((member) => member.name === config.name),
    'verified above',
  );
  return {
    localId: local.id,
    clusterId: computeClusterId(
      sha1,
      members.map((member) => member.id),
    ),
    entries: members.map(memberEntry),
    hardState: { term: FIRST_TERM, vote: NO_MEMBER, commit: RaftIndex(members.length) },
  };
}

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
