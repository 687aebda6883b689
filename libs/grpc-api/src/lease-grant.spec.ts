import { must } from '@etcd-ts/foundation';
import { LeaseGrantRequest, LeaseGrantResponse } from '@etcd-ts/wire-protocol';

import { DirectCalls } from './testing/direct-calls.js';
import { ServedMember } from './testing/served-member.js';

const GRANT = '/etcdserverpb.Lease/LeaseGrant';
const grantOf = (ID: bigint, TTL: bigint): Uint8Array =>
  LeaseGrantRequest.encode({ ID, TTL }).finish();

/** Without a promise; the other way is asked only where this one does not take it. */
describe('a grant', () => {
  let member: ServedMember;
  let taken: jest.SpyInstance;
  beforeAll(async () => {
    member = await ServedMember.start(['--unsafe-no-fsync']);
    taken = jest.spyOn(member.member.server.directWrites, 'proposeGrant');
  });
  afterAll(() => member.dispose());
  afterEach(() => taken.mockClear());

  const call = (bytes: Uint8Array) =>
    new DirectCalls(member.services).call(GRANT, bytes, { metadata: {} });
  const granted = async (ID: bigint, TTL: bigint): Promise<LeaseGrantResponse> => {
    const { response, message } = await call(grantOf(ID, TTL));
    return LeaseGrantResponse.decode(must(response, () => message));
  };
  const directly = (): unknown[] =>
    taken.mock.results.map(({ value }: jest.MockResult<unknown>) => value);

  it('is answered with its id and the state of the member', async () => {
    const { header, ...lease } = await granted(4711n, 60n);
    expect(lease).toEqual({ ID: 4711n, TTL: 60n, error: '' });
    const { clusterId, memberId } = member.member.server.facts.header();
    expect(header).toMatchObject({ clusterId, memberId, revision: 1n });
    expect(directly()).toEqual([true]);
    const times = await member.member.server.leases.timeToLive({ ID: 4711n, keys: false });
    expect(times.grantedTTL).toBe(60n);
  });

  it('without an id gets a positive one of its own', async () => {
    const ids = [await granted(0n, 60n), await granted(0n, 60n)].map(({ ID }) => ID);
    expect(directly()).toEqual([true, true]);
    expect(ids.every((id) => id > 0n)).toBe(true);
    expect(new Set(ids).size).toBe(2);
    expect(await member.member.server.leases.list()).toEqual(expect.arrayContaining(ids));
  });

  it.each([
    ['an id that is taken', 4711n, 60n, 'etcdserver: lease already exists'],
    ['too long a life', 1n, 9_000_000_001n, 'etcdserver: too large lease TTL'],
  ])('is refused in the words of etcd: %s', async (_what, ID, TTL, message) => {
    await granted(4711n, 60n).catch(() => undefined);
    taken.mockClear();
    expect(await call(grantOf(ID, TTL))).toMatchObject({ message });
    expect(directly()).toEqual([true]);
  });

  it('that is none is told so by the ordinary way', async () => {
    const { message } = await call(Buffer.of(0x08));
    expect(message).toMatch('grpc: error unmarshalling request');
    expect(directly()).toEqual([]);
  });
});
