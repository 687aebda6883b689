import { InternalRaftRequest, V2RaftRequest } from '@etcd-ts/wire-protocol';
import { isBareV2Request } from './bare-v2-request.js';
import { encodeRaftRequest, raftRequest } from './raft-request.js';
import { clusterVersionEntry, memberAttributesEntry } from './former-entries.js';

/** As the original's encoder has it: every scalar, those that are zero as well. */
const original = (Method: string, Path: string, ID = 2n ** 63n): Uint8Array =>
  V2RaftRequest.encode({
    ...V2RaftRequest.create(),
    ...{ ID, Method, Path, Val: '', Dir: false, PrevValue: '', PrevIndex: 0n, Expiration: 0n },
    ...{ Wait: false, Since: 0n, Recursive: false, Sorted: false, Quorum: false, Time: 1n },
    Stream: false,
  }).finish();

describe('an entry of the log', () => {
  it.each(['PUT', 'POST', 'DELETE', 'QGET', 'SYNC'])('is a bare v2 request: %s', (method) => {
    expect(isBareV2Request(original(method, '/0/members/1/attributes'))).toBe(true);
    expect(isBareV2Request(original(method, '', 1n))).toBe(true);
  });

  it('is none where the v2 request is a field of another', () => {
    const v2 = V2RaftRequest.fromPartial({ ID: 7n, Method: 'PUT', Path: '/1/a' });
    expect(isBareV2Request(encodeRaftRequest(raftRequest(7n, { v2 })))).toBe(false);
    const old = InternalRaftRequest.encode({ ...InternalRaftRequest.create(), ID: 7n, v2 });
    expect(isBareV2Request(old.finish())).toBe(false);
  });

  it('is none when it is of another kind, cut off or empty', () => {
    const put = { key: Buffer.from('PUT'), value: Buffer.alloc(0), lease: 0n };
    const request = raftRequest(1n, {
      put: { ...put, prevKv: false, ignoreValue: false, ignoreLease: false },
    });
    expect(isBareV2Request(encodeRaftRequest(request))).toBe(false);
    const whole = original('PUT', '/1/a');
    for (let length = 0; length < 15; length++) {
      expect(isBareV2Request(whole.subarray(0, length))).toBe(false);
    }
    expect(isBareV2Request(Buffer.alloc(20, 0xff))).toBe(false);
  });
});

test('what members of before 3.5 are told is what they write themselves', () => {
  expect(memberAttributesEntry(0xabn, 'one', ['http://a:1'])).toMatchObject({
    v2: {
      Method: 'PUT',
      Path: '/0/members/ab/attributes',
      Val: '{"name":"one","clientURLs":["http://a:1"]}',
    },
  });
  expect(clusterVersionEntry('3.4.0')).toMatchObject({
    v2: { Method: 'PUT', Path: '/0/version', Val: '3.4.0' },
  });
});
