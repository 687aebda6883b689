import { createHash } from 'node:crypto';
import { MemberId } from '@etcd-ts/foundation';
import { computeClusterId, computeMemberId } from './identity.js';
import { bootstrapMembers } from './initial-cluster.js';

const sha1 = (bytes: Uint8Array): Uint8Array => createHash('sha1').update(bytes).digest();

/** Read from etcd 3.4.23 started with these names, URLs and tokens. */
const BOOTSTRAPPED = [
  {
    token: 'tok',
    cluster: { a: ['http://127.0.0.1:23680'] },
    members: [1429417205720054119n],
    clusterId: 5465441007576517514n,
  },
  {
    token: 'etcd-cluster',
    cluster: { infra0: ['http://127.0.0.1:23680', 'http://127.0.0.1:23681'] },
    members: [16918883174483644614n],
    clusterId: 4707295557577714636n,
  },
  {
    token: 'tok',
    cluster: { a: ['http://[::1]:23680'] },
    members: [10044140939636697614n],
    clusterId: 5257619625229593863n,
  },
  {
    token: 'tok3',
    cluster: {
      a: ['http://127.0.0.1:23680'],
      b: ['http://127.0.0.1:23682'],
      c: ['http://127.0.0.1:23683'],
    },
    members: [0x3e76696e1f2bf78n, 0x2fe797f9da1fd953n, 0x5284daff5617eb1cn],
    clusterId: 0xa08a86e631298780n,
  },
];

describe('ids', () => {
  test.each(BOOTSTRAPPED)('of the cluster bootstrapped with %j are etcd’s', (vector) => {
    const members = bootstrapMembers(sha1, new Map(Object.entries(vector.cluster)), vector.token);
    const ids = members.map(({ id }) => id);
    expect(ids).toEqual(vector.members.map(MemberId));
    expect(computeClusterId(sha1, [...ids].reverse())).toBe(vector.clusterId);
  });

  test('of the first of three members is that of its own name and URL', () => {
    const id = computeMemberId(sha1, ['http://127.0.0.1:23680'], 'tok3');
    expect(id).toBe(0x3e76696e1f2bf78n);
  });

  test('of a member added at run time is etcd’s: no token, the second of the proposal', () => {
    const urls = ['http://10.0.0.2:2380', 'http://10.0.0.1:2380'];
    expect(computeMemberId(sha1, urls, '', 1795226104)).toBe(4222101470950974043n);
    expect(computeMemberId(sha1, urls, '', 1795226104.9)).toBe(4222101470950974043n);
    expect(computeMemberId(sha1, urls, '', 1795226105)).not.toBe(4222101470950974043n);
  });
});
