import { RaftIndex, SeededRng } from '@etcd-ts/foundation';
import type { MemberId } from '@etcd-ts/foundation';
import { encodeConfChange, parseConfChange } from '../harness/conf-change-codec.js';
import { ProgressTracker } from '../tracker/tracker.js';
import { EMPTY_CONF_STATE } from '../types.js';
import type { ConfChangeTransition, ConfState } from '../types.js';
import { asConfChangeV2, encodesLeaveJoint, leavesJoint } from './conf-change.js';
import { Changer, membershipOf } from './changer.js';
import type { ChangeResult, Membership } from './changer.js';

const START: ConfState = { ...EMPTY_CONF_STATE, voters: [1n, 2n, 3n] as MemberId[] };
const start = (): Membership => membershipOf(START, RaftIndex(10), 4);

function change(
  before: Membership,
  words: string,
  transition: ConfChangeTransition = 'auto',
): ChangeResult {
  const changes = words.split(' ').filter((word) => word !== '');
  return new Changer(before, RaftIndex(10), 4).change(parseConfChange(changes, transition));
}

function mustChange(
  before: Membership,
  words: string,
  transition?: ConfChangeTransition,
): Membership {
  const result = change(before, words, transition);
  if (result.kind === 'refused') throw new Error(result.reason);
  return result.membership;
}

const confState = ({ configuration, progress }: Membership): ConfState =>
  new ProgressTracker(configuration, progress).confState();

describe('Changer', () => {
  it('changes one voter without a joint configuration (thesis 4.1)', () => {
    expect(confState(mustChange(start(), 'v4')).voters).toEqual([1n, 2n, 3n, 4n]);
    expect(confState(mustChange(start(), 'r3')).voters).toEqual([1n, 2n]);
  });

  it('leaves the membership before untouched', () => {
    const before = start();
    mustChange(before, 'r3 v4 l2');
    expect(confState(before)).toEqual(START);
    expect([...before.progress.keys()]).toEqual([1n, 2n, 3n]);
  });

  it('keeps a voter that becomes a learner voting in the outgoing half', () => {
    const joint = mustChange(start(), 'l3 v4');
    expect(confState(joint)).toEqual({
      voters: [1n, 2n, 4n],
      votersOutgoing: [1n, 2n, 3n],
      learners: [],
      learnersNext: [3n],
      autoLeave: true,
    });
    const left = mustChange(joint, '');
    expect(confState(left)).toEqual({ ...START, voters: [1n, 2n, 4n], learners: [3n] });
  });

  it('keeps the progress of removed voters until the joint configuration is left', () => {
    const joint = mustChange(start(), 'r3 v4');
    expect(joint.progress.has(3n as MemberId)).toBe(true);
    expect(mustChange(joint, '').progress.has(3n as MemberId)).toBe(false);
  });

  it('leaves by itself unless asked not to', () => {
    expect(confState(mustChange(start(), 'v4', 'jointImplicit')).autoLeave).toBe(true);
    expect(confState(mustChange(start(), 'v4', 'jointExplicit')).autoLeave).toBe(false);
  });

  it('refuses what would break the overlap or empty the cluster', () => {
    const joint = mustChange(start(), 'v4 v5');
    expect(change(joint, 'v6').kind).toBe('refused');
    expect(change(joint, 'v6 v7').kind).toBe('refused');
    expect(change(start(), '').kind).toBe('refused');
    const lonely = membershipOf({ ...START, voters: [1n as MemberId] }, RaftIndex(1), 4);
    expect(change(lonely, 'r1').kind).toBe('refused');
    expect(change(lonely, 'l1').kind).toBe('refused');
  });

  it('does nothing for the member 0, by which an application refuses a change', () => {
    expect(confState(mustChange(start(), 'v0'))).toEqual(START);
  });

  it('keeps its invariants and survives a restart from the membership it reports', () => {
    const rng = new SeededRng(5);
    let membership = start();
    for (let i = 0; i < 500; i++) {
      const words = Array.from(
        { length: rng.below(4) },
        () => `${'vrlu'[rng.below(4)]}${1 + rng.below(6)}`,
      );
      const transition =
        (['auto', 'jointImplicit', 'jointExplicit'] as const)[rng.below(3)] ?? 'auto';
      const result = change(membership, words.join(' '), transition);
      if (result.kind === 'changed') membership = result.membership;
      const state = confState(membership);
      const restored = membershipOf(state, RaftIndex(1), 4);
      expect(confState(restored)).toEqual(state);
      expect(new Set(restored.progress.keys())).toEqual(new Set(membership.progress.keys()));
      const votes = new Set([...state.voters, ...state.votersOutgoing]);
      expect(state.learners.some((id) => votes.has(id))).toBe(false);
      expect(state.learnersNext.every((id) => state.votersOutgoing.includes(id))).toBe(true);
      expect(state.voters.length).toBeGreaterThan(0);
      if (state.votersOutgoing.length === 0) expect(state.autoLeave).toBe(false);
    }
  });
});

describe('an encoded change', () => {
  it('tells whether it leaves a joint configuration, as the decoded one does', () => {
    for (const words of [[], ['v1'], ['r2', 'l3']]) {
      for (const transition of ['auto', 'jointImplicit', 'jointExplicit'] as const) {
        const decoded = parseConfChange(words, transition);
        expect(encodesLeaveJoint(encodeConfChange(decoded))).toBe(leavesJoint(decoded));
      }
    }
  });

  it('leaves with a zero transition written out and with a context, but not when damaged', () => {
    expect(encodesLeaveJoint(Uint8Array.of(0x08, 0, 0x1a, 2, 7, 7))).toBe(true);
    expect(encodesLeaveJoint(Uint8Array.of(0x08))).toBe(false);
    expect(encodesLeaveJoint(Uint8Array.of(0x1d, 1, 2, 3, 4))).toBe(false);
  });

  it('of one member is the same as a list with that one', () => {
    const nodeId = 4n as MemberId;
    const context = Buffer.from('c');
    const single = asConfChangeV2({ id: 9n, type: 'addNode', nodeId, context });
    expect(single).toEqual({ transition: 'auto', changes: [{ type: 'addNode', nodeId }], context });
  });
});
