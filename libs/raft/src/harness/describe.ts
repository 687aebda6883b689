import { unreachable } from '@etcd-ts/foundation';
import type { MemberId } from '@etcd-ts/foundation';
import type { Message } from '../message.js';
import type { Ready } from '../ready.js';
import type { Status } from '../status.js';
import type { ConfState, Entry } from '../types.js';
import { commandOf } from './member.js';

/** Everything as one line of text, for golden scripts. */
export function describeEntry(entry: Entry): string {
  return `${entry.term}/${entry.index} ${JSON.stringify(commandOf(entry))}`;
}

const describeEntries = (entries: readonly Entry[]): string =>
  `[${entries.map(describeEntry).join(', ')}]`;

export function describeMessage(message: Message): string {
  const { from, to, type, term } = message;
  return `${from}->${to} ${type} term=${term}${describeBody(message)}`;
}

function describeBody(message: Message): string {
  switch (message.type) {
    case 'appendEntries': {
      const { previousTerm, previousIndex, commit, entries } = message;
      return ` previous=${previousTerm}/${previousIndex} commit=${commit} ${describeEntries(entries)}`;
    }
    case 'appendEntriesResponse': {
      const { index, reject, rejectHint, hintTerm } = message;
      return reject ? ` rejected=${index} hint=${hintTerm}/${rejectHint}` : ` index=${index}`;
    }
    case 'requestVote':
    case 'requestPreVote': {
      const { lastTerm, lastIndex, leadershipTransfer } = message;
      return ` last=${lastTerm}/${lastIndex}${leadershipTransfer ? ' transfer' : ''}`;
    }
    case 'requestVoteResponse':
    case 'requestPreVoteResponse':
      return message.reject ? ' refused' : ' granted';
    case 'installSnapshot': {
      const { index, term, confState } = message.snapshot.metadata;
      return ` snapshot=${term}/${index} ${describeConfState(confState)}`;
    }
    case 'heartbeat':
      return ` commit=${message.commit}${describeContext(message.context)}`;
    case 'heartbeatResponse':
      return describeContext(message.context);
    case 'propose':
      return ` ${message.entries.map(({ data }) => Buffer.from(data).toString()).join(',')}`;
    case 'readIndex':
      return ` for=${Buffer.from(message.context).toString()}`;
    case 'readIndexResponse':
      return ` for=${Buffer.from(message.context).toString()} index=${message.index}`;
    case 'transferLeader':
    case 'timeoutNow':
      return '';
    default:
      return unreachable(message, 'message');
  }
}

const describeContext = (context: Uint8Array): string =>
  context.length === 0 ? '' : ` round=${Buffer.from(context).toString('hex').replace(/^0+/, '')}`;

const list = (ids: readonly MemberId[]): string => ids.join(' ');

export function describeConfState(state: ConfState): string {
  const parts = [`voters=(${list(state.voters)})`];
  if (state.votersOutgoing.length > 0) parts.push(`outgoing=(${list(state.votersOutgoing)})`);
  if (state.learners.length > 0) parts.push(`learners=(${list(state.learners)})`);
  if (state.learnersNext.length > 0) parts.push(`learnersNext=(${list(state.learnersNext)})`);
  if (state.autoLeave) parts.push('autoLeave');
  return parts.join(' ');
}

export function describeReady(ready: Ready): string[] {
  const lines: string[] = [];
  const { softState, hardState, snapshot } = ready;
  if (softState !== undefined) lines.push(`${softState.role}, leader ${softState.leader}`);
  if (hardState !== undefined) {
    const { term, vote, commit } = hardState;
    lines.push(`hard state term=${term} vote=${vote} commit=${commit}`);
  }
  if (snapshot !== undefined) {
    lines.push(`snapshot ${snapshot.metadata.term}/${snapshot.metadata.index}`);
  }
  if (ready.entries.length > 0) lines.push(`entries ${describeEntries(ready.entries)}`);
  if (ready.committedEntries.length > 0) {
    lines.push(`committed ${describeEntries(ready.committedEntries)}`);
  }
  for (const { index, requestContext } of ready.readStates) {
    lines.push(`read ${Buffer.from(requestContext).toString()} at ${index}`);
  }
  for (const message of ready.messages) lines.push(`now:   ${describeMessage(message)}`);
  for (const message of ready.messagesAfterPersist)
    lines.push(`after: ${describeMessage(message)}`);
  return lines;
}

export function describeStatus(status: Status): string[] {
  const { id, role, term, vote, commit, applied, leader, confState } = status;
  const lines = [
    `${id}: ${role} term=${term} vote=${vote} leader=${leader} commit=${commit} applied=${applied}`,
    `  ${describeConfState(confState)}`,
  ];
  for (const [member, progress] of status.progress ?? []) {
    const { state, match, next, isLearner, pendingSnapshot, inflight } = progress;
    const extra =
      (isLearner ? ' learner' : '') +
      (pendingSnapshot > 0 ? ` pending=${pendingSnapshot}` : '') +
      (inflight > 0 ? ` inflight=${inflight}` : '');
    lines.push(`  ${member}: ${state} match=${match} next=${next}${extra}`);
  }
  return lines;
}
