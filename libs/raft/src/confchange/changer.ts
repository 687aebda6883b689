import { NO_MEMBER, unreachable } from '@etcd-ts/foundation';
import type { MemberId, RaftIndex } from '@etcd-ts/foundation';
import { Progress } from '../tracker/progress.js';
import type { Configuration } from '../tracker/tracker.js';
import type { ConfChangeSingle, ConfChangeV2, ConfState } from '../types.js';
import { entersJoint, leavesJoint } from './conf-change.js';

export interface Membership {
  readonly configuration: Configuration;
  readonly progress: ReadonlyMap<MemberId, Progress>;
}

export type ChangeResult =
  | { readonly kind: 'changed'; readonly membership: Membership }
  | { readonly kind: 'refused'; readonly reason: string };

const refused = (reason: string): ChangeResult => ({ kind: 'refused', reason });

/**
 * Computes the membership after a change; the one before is left alone. New members start with a
 * probe at the end of the log and count as active: they have had no chance yet to be heard.
 */
export class Changer {
  readonly #before: Membership;
  readonly #lastIndex: RaftIndex;
  readonly #maxInflight: number;
  readonly #incoming: Set<MemberId>;
  #outgoing: Set<MemberId>;
  readonly #learners: Set<MemberId>;
  #learnersNext: Set<MemberId>;
  #autoLeave: boolean;
  readonly #progress: Map<MemberId, Progress>;

  constructor(before: Membership, lastIndex: RaftIndex, maxInflight: number) {
    const { configuration } = before;
    this.#before = before;
    this.#lastIndex = lastIndex;
    this.#maxInflight = maxInflight;
    this.#incoming = new Set(configuration.incoming);
    this.#outgoing = new Set(configuration.outgoing);
    this.#learners = new Set(configuration.learners);
    this.#learnersNext = new Set(configuration.learnersNext);
    this.#autoLeave = configuration.autoLeave;
    this.#progress = new Map(before.progress);
  }

  /** One change object, whatever kind it is. A Changer is used once. */
  change(change: ConfChangeV2): ChangeResult {
    if (leavesJoint(change)) return this.#leaveJoint();
    if (entersJoint(change)) {
      return this.#enterJoint(change.changes, change.transition !== 'jointExplicit');
    }
    return this.#simple(change.changes);
  }

  /**
   * Thesis 4.1: majorities of two configurations that differ in one voter overlap, so no joint
   * phase is needed, and more than one voter must not change.
   */
  #simple(changes: readonly ConfChangeSingle[]): ChangeResult {
    if (this.#outgoing.size > 0) return refused('simple change in a joint configuration');
    this.#applyAll(changes);
    if (this.#voterDifference() > 1) return refused('more than one voter changed without joint');
    return this.#result();
  }

  /** Thesis 4.3: from here on both configurations decide, until the joint one is left. */
  #enterJoint(changes: readonly ConfChangeSingle[], autoLeave: boolean): ChangeResult {
    if (this.#outgoing.size > 0) return refused('configuration is already joint');
    if (this.#incoming.size === 0) return refused('cannot make an empty configuration joint');
    this.#outgoing = new Set(this.#incoming);
    this.#applyAll(changes);
    this.#autoLeave = autoLeave;
    return this.#result();
  }

  #leaveJoint(): ChangeResult {
    if (this.#outgoing.size === 0) return refused('configuration is not joint');
    for (const id of this.#learnersNext) this.#learners.add(id);
    const outgoing = this.#outgoing;
    this.#outgoing = new Set();
    this.#learnersNext = new Set();
    this.#autoLeave = false;
    for (const id of outgoing) this.#forgetUnlessMember(id);
    return this.#result();
  }

  #result(): ChangeResult {
    if (this.#incoming.size === 0) return refused('all voters removed');
    const configuration: Configuration = {
      incoming: this.#incoming,
      outgoing: this.#outgoing,
      learners: this.#learners,
      learnersNext: this.#learnersNext,
      autoLeave: this.#autoLeave,
    };
    return { kind: 'changed', membership: { configuration, progress: this.#progress } };
  }

  #voterDifference(): number {
    const before = this.#before.configuration.incoming;
    let difference = 0;
    for (const id of before) if (!this.#incoming.has(id)) difference++;
    for (const id of this.#incoming) if (!before.has(id)) difference++;
    return difference;
  }

  #applyAll(changes: readonly ConfChangeSingle[]): void {
    for (const { type, nodeId } of changes) {
      if (nodeId === NO_MEMBER) continue;
      switch (type) {
        case 'addNode':
          this.#makeVoter(nodeId);
          break;
        case 'addLearnerNode':
          this.#makeLearner(nodeId);
          break;
        case 'removeNode':
          this.#remove(nodeId);
          break;
        case 'updateNode':
          break;
        default:
          unreachable(type, 'conf change type');
      }
    }
  }

  #makeVoter(id: MemberId): void {
    this.#ensureProgress(id);
    this.#learners.delete(id);
    this.#learnersNext.delete(id);
    this.#incoming.add(id);
  }

  #makeLearner(id: MemberId): void {
    this.#ensureProgress(id);
    this.#incoming.delete(id);
    // It still votes in the outgoing half, and voters and learners are disjoint.
    if (this.#outgoing.has(id)) {
      this.#learnersNext.add(id);
      return;
    }
    this.#learners.add(id);
  }

  #remove(id: MemberId): void {
    this.#incoming.delete(id);
    this.#learners.delete(id);
    this.#learnersNext.delete(id);
    this.#forgetUnlessMember(id);
  }

  /** The outgoing half needs its members' progress until the joint configuration is left. */
  #forgetUnlessMember(id: MemberId): void {
    if (this.#incoming.has(id) || this.#outgoing.has(id) || this.#learners.has(id)) return;
    this.#progress.delete(id);
  }

  #ensureProgress(id: MemberId): void {
    if (this.#progress.has(id)) return;
    const next = Math.max(this.#lastIndex, 1) as RaftIndex;
    const progress = new Progress(next, this.#maxInflight);
    progress.recentActive = true;
    this.#progress.set(id, progress);
  }
}

/** The membership that a snapshot or a restart starts from. */
export function membershipOf(
  state: ConfState,
  lastIndex: RaftIndex,
  maxInflight: number,
): Membership {
  const configuration: Configuration = {
    incoming: new Set(state.voters),
    outgoing: new Set(state.votersOutgoing),
    learners: new Set(state.learners),
    learnersNext: new Set(state.learnersNext),
    autoLeave: state.autoLeave,
  };
  const progress = new Map<MemberId, Progress>();
  const next = (lastIndex + 1) as RaftIndex;
  for (const id of [...state.voters, ...state.votersOutgoing, ...state.learners]) {
    progress.set(id, new Progress(next, maxInflight));
  }
  return { configuration, progress };
}
