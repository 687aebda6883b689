import { ClusterId, MemberId } from '@etcd-ts/foundation';
import fc from 'fast-check';
import { Cluster, NO_DOWNGRADE } from './cluster.js';
import type { Downgrade, MembershipChange, MembershipStore } from './cluster.js';
import type { Member } from './member.js';

const A = MemberId(0xan);
const B = MemberId(0xbn);
const C = MemberId(0xffffffffffffffffn);

class MemoryStore implements MembershipStore {
  readonly saved = new Map<MemberId, Member>();
  readonly removedIds = new Set<MemberId>();
  version: string | undefined;
  downgrade = NO_DOWNGRADE;

  saveMember(member: Member): void {
    this.saved.set(member.id, member);
  }

  removeMember(id: MemberId): void {
    this.saved.delete(id);
    this.removedIds.add(id);
  }

  saveClusterVersion(version: string): void {
    this.version = version;
  }

  saveDowngrade(downgrade: Downgrade): void {
    this.downgrade = downgrade;
  }

  load(): ReturnType<MembershipStore['load']> {
    return {
      members: this.saved.values(),
      removed: this.removedIds,
      clusterVersion: this.version,
      downgrade: this.downgrade,
    };
  }
}

function member(id: MemberId, fields: Partial<Member> = {}): Member {
  const peerUrls = [`http://${id.toString(16)}:2380`];
  return { id, name: '', peerUrls, clientUrls: [], isLearner: false, ...fields };
}

function cluster(store: MembershipStore = new MemoryStore()): Cluster {
  const made = new Cluster({ localId: A, clusterId: ClusterId(1n), store, maxLearners: 1 });
  made.load();
  return made;
}

describe('judging changes', () => {
  test('an id is added once, and never again after it was removed', () => {
    const members = cluster();
    members.addMember(member(A));
    expect(members.validate({ kind: 'add', member: member(A) })).toBe('idExists');
    members.removeMember(A);
    expect(members.validate({ kind: 'add', member: member(A) })).toBe('idRemoved');
    expect(members.validate({ kind: 'remove', id: A })).toBe('idRemoved');
    expect(members.validate({ kind: 'remove', id: B })).toBe('idNotFound');
    expect(members.isRemoved(A)).toBe(true);
    expect(members.localMember).toBeUndefined();
  });

  test('a peer URL belongs to one member, who may keep it', () => {
    const members = cluster();
    members.addMember(member(A, { peerUrls: ['http://h:1', 'http://h:2'] }));
    members.addMember(member(B, { peerUrls: ['http://h:3'] }));
    const taken = ['http://h:9', 'http://h:2'];
    expect(members.validate({ kind: 'add', member: member(C, { peerUrls: taken }) })).toBe(
      'peerUrlExists',
    );
    expect(members.validate({ kind: 'update', id: B, peerUrls: taken })).toBe('peerUrlExists');
    expect(members.validate({ kind: 'update', id: A, peerUrls: taken })).toBe('ok');
    expect(members.validate({ kind: 'update', id: C, peerUrls: [] })).toBe('idNotFound');
  });

  test('only a learner is promoted', () => {
    const members = cluster();
    members.addMember(member(A));
    members.addMember(member(B, { isLearner: true }));
    expect(members.validate({ kind: 'promote', id: C })).toBe('idNotFound');
    expect(members.validate({ kind: 'promote', id: A })).toBe('memberNotLearner');
    expect(members.validate({ kind: 'promote', id: B })).toBe('ok');
    members.promoteMember(B);
    expect(members.member(B)).toEqual(member(B));
    expect(members.validate({ kind: 'promote', id: B })).toBe('memberNotLearner');
  });

  test('the limit of learners, a local flag, holds back proposals but nothing that is committed', () => {
    const members = cluster();
    members.addMember(member(A));
    const learner = (id: MemberId): MembershipChange => ({
      kind: 'add',
      member: member(id, { isLearner: true }),
    });
    expect(members.validateProposal(learner(B))).toBe('ok');
    members.addMember(member(B, { isLearner: true }));
    expect(members.validateProposal(learner(C))).toBe('tooManyLearners');
    expect(members.validateProposal(learner(B))).toBe('idExists');
    expect(members.validateProposal({ kind: 'add', member: member(C) })).toBe('ok');
    expect(members.validate(learner(C))).toBe('ok');
  });

  test('applying what is not valid is a broken invariant', () => {
    expect(() => cluster().removeMember(A)).toThrow('idNotFound');
    expect(() => cluster().updateAttributes(A, { name: 'a', clientUrls: [] })).toThrow(
      'unknown member a',
    );
  });
});

describe('state', () => {
  test('members are sorted by id, and a list handed out does not change', () => {
    const members = cluster();
    members.addMember(member(C));
    members.addMember(member(B));
    const before = members.members();
    members.addMember(member(A));
    expect(before.map(({ id }) => id)).toEqual([B, C]);
    expect(members.members().map(({ id }) => id)).toEqual([A, B, C]);
  });

  test('what a removed member still publishes is ignored', () => {
    const members = cluster();
    members.addMember(member(A));
    expect(members.updateAttributes(A, { name: 'a', clientUrls: ['http://c:1'] })).toBe('ok');
    expect(members.localMember).toEqual(member(A, { name: 'a', clientUrls: ['http://c:1'] }));
    members.removeMember(A);
    expect(members.updateAttributes(A, { name: 'a', clientUrls: [] })).toBe('idRemoved');
    expect(members.members()).toEqual([]);
  });

  test('all of it comes back from the store', () => {
    const id = fc.constantFrom(A, B, C);
    const url = fc.constantFrom('http://h:1', 'http://h:2', 'http://h:3', 'http://h:4');
    const peerUrls = fc.uniqueArray(url, { minLength: 1, maxLength: 2 });
    const change: fc.Arbitrary<MembershipChange> = fc.oneof(
      fc.record({
        kind: fc.constant('add' as const),
        member: fc.record({
          id,
          peerUrls,
          isLearner: fc.boolean(),
          name: fc.constant(''),
          clientUrls: fc.constant([]),
        }),
      }),
      fc.record({ kind: fc.constant('update' as const), id, peerUrls }),
      fc.record({ kind: fc.constantFrom('promote' as const, 'remove' as const), id }),
    );
    fc.assert(
      fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
        const store = new MemoryStore();
        const members = cluster(store);
        members.setClusterVersion('3.7.0');
        const downgrade = { enabled: true, targetVersion: '3.6.0' };
        members.setDowngrade(downgrade);
        for (const each of changes) if (members.validate(each) === 'ok') apply(members, each);
        const again = cluster(store);
        expect(again.members()).toEqual(members.members());
        expect([A, B, C].map((each) => again.isRemoved(each))).toEqual(
          [A, B, C].map((each) => members.isRemoved(each)),
        );
        expect(again.clusterVersion).toBe('3.7.0');
        expect(again.downgrade).toEqual(downgrade);
        const urls = members.members().flatMap((each) => each.peerUrls);
        expect(new Set(urls).size).toBe(urls.length);
      }),
    );
  });
});

function apply(members: Cluster, change: MembershipChange): void {
  switch (change.kind) {
    case 'add':
      return members.addMember(change.member);
    case 'promote':
      return members.promoteMember(change.id);
    case 'remove':
      return members.removeMember(change.id);
    case 'update':
      return members.updatePeerUrls(change.id, change.peerUrls);
  }
}
