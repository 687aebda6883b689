import { hexId, RaftIndex } from '@etcd-ts/foundation';
import type { Logger, MemberId } from '@etcd-ts/foundation';
import type { ConfState, Entry, MemoryLog } from '@etcd-ts/raft';
import { encodeConfigChangeContext, encodeMember } from '@etcd-ts/membership';
import type { Wal } from '@etcd-ts/storage';
import { decodeConfChange, encodeConfChange } from '@etcd-ts/wire-protocol';

export interface ForcedStart {
  readonly wal: Wal;
  readonly log: MemoryLog;
  readonly appliedIndex: RaftIndex;
  readonly confState: ConfState | undefined;
}

/** What a member is given that is not in its own cluster any more (as etcd). */
const FORCED_PEER_URLS = ['http://localhost:2380', 'http://localhost:7001'];

/**
 * --force-new-cluster: the others are lost for good, and this member goes on alone with what it has.
 * Everything in its log is taken for committed, also what it does not know to be: some of it may
 * have been acknowledged by a leader that is gone, and nobody is left to contradict it. (The
 * original drops it.) Then all other members are removed.
 */
export async function forceNewCluster(
  { localId }: { readonly localId: MemberId },
  { wal, log, appliedIndex, confState }: ForcedStart,
  logger: Logger,
): Promise<void> {
  const { hardState } = log.initialState();
  const membership = membershipAfter(log, appliedIndex, confState);
  const changes = [
    ...[...membership.keys()].filter((id) => id !== localId).map(removal),
    ...(membership.get(localId) === 'voter'
      ? []
      : [membership.has(localId) ? promotion(localId) : addition(localId)]),
  ];
  const lastIndex = log.lastIndex();
  const entries: Entry[] = changes.map((data, i) => ({
    type: 'confChange',
    term: hardState.term,
    index: RaftIndex(lastIndex + 1 + i),
    data,
  }));
  const forced = { ...hardState, commit: RaftIndex(lastIndex + entries.length) };
  logger.info('forcing restart member', {
    'local-member-id': hexId(localId),
    'commit-index': forced.commit,
    'kept-uncommitted-entries': lastIndex - hardState.commit,
  });
  wal.append(forced, entries);
  await wal.sync();
  log.append(entries);
  log.setHardState(forced);
}

type Standing = 'voter' | 'learner';

function membershipAfter(
  log: MemoryLog,
  appliedIndex: RaftIndex,
  confState: ConfState | undefined,
): ReadonlyMap<MemberId, Standing> {
  const members = new Map<MemberId, Standing>();
  for (const id of confState?.learners ?? []) members.set(id, 'learner');
  for (const id of confState?.voters ?? []) members.set(id, 'voter');
  const from = RaftIndex(appliedIndex + 1);
  const rest = log.entries(from, RaftIndex(log.lastIndex() + 1), Infinity);
  // Applied entries may be compacted away, later ones never are.
  for (const entry of typeof rest === 'string' ? [] : rest) {
    if (entry.type !== 'confChange') continue;
    const { type, nodeId } = decodeConfChange(entry.data);
    if (type === 'removeNode') members.delete(nodeId);
    else if (type === 'addNode') members.set(nodeId, 'voter');
    else if (type === 'addLearnerNode') members.set(nodeId, 'learner');
  }
  return members;
}

function removal(nodeId: MemberId): Uint8Array {
  return encodeConfChange({ id: 0n, type: 'removeNode', nodeId, context: Buffer.alloc(0) });
}

function addition(nodeId: MemberId): Uint8Array {
  const member = {
    id: nodeId,
    name: '',
    peerUrls: FORCED_PEER_URLS,
    clientUrls: [],
    isLearner: false,
  };
  const context = Buffer.from(encodeMember(member));
  return encodeConfChange({ id: 0n, type: 'addNode', nodeId, context });
}

function promotion(nodeId: MemberId): Uint8Array {
  const member = { id: nodeId, name: '', peerUrls: [], clientUrls: [], isLearner: false };
  const context = Buffer.from(encodeConfigChangeContext({ member, isPromote: true }));
  return encodeConfChange({ id: 0n, type: 'addNode', nodeId, context });
}
