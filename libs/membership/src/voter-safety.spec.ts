import { MemberId } from '@etcd-ts/foundation';
import type { Member } from './member.js';
import {
  enoughStartedToAddVoter,
  enoughStartedToPromote,
  enoughStartedToRemoveVoter,
} from './voter-safety.js';

/** One letter a member: S started voter, n voter that never started, L learner. */
function members(letters: string): Member[] {
  return [...letters].map((letter, at) => ({
    id: MemberId(BigInt(at)),
    name: letter === 'n' ? '' : 'started',
    peerUrls: [],
    clientUrls: [],
    isLearner: letter === 'L',
  }));
}

test.each([
  ['S', true],
  ['SL', true],
  ['n', false],
  ['Sn', false],
  ['SS', true],
  ['SSn', false],
  ['SSS', true],
  ['SSSn', true],
  ['SSnn', false],
])('with %s a voter may be added: %s', (letters, allowed) => {
  expect(enoughStartedToAddVoter(members(letters))).toBe(allowed);
});

test.each([
  ['SL', true],
  ['nL', false],
  ['SnL', true],
  ['SnnL', false],
  ['SSnnL', true],
])('with %s a learner may be promoted: %s', (letters, allowed) => {
  expect(enoughStartedToPromote(members(letters))).toBe(allowed);
});

test.each([
  ['S', 0, false],
  ['SL', 0, false],
  ['Sn', 1, true],
  ['Sn', 0, false],
  ['SS', 0, true],
  ['SSn', 0, false],
  ['SSn', 2, true],
  ['SSS', 1, true],
])('of %s the voter at %i may be removed: %s', (letters, at, allowed) => {
  expect(enoughStartedToRemoveVoter(members(letters), MemberId(BigInt(at)))).toBe(allowed);
});
