import { InternalRaftRequest, PutRequest } from '@etcd-ts/wire-protocol';

import { encodeRaftRequest, raftRequest, requestIdOf } from './raft-request.js';

describe('a request on its way into the log', () => {
  const put = PutRequest.fromPartial({
    key: Buffer.from('key'),
    value: Buffer.alloc(300, 'v'),
    lease: 1n << 62n,
    prevKv: true,
  });

  it('has the bytes of the generated encoder, also where it is written by hand', () => {
    const compaction = { revision: 5n, physical: true };
    for (const payload of [{ put }, { compaction }, {}]) {
      const request = raftRequest(0xfedcba9876543210n, payload);
      const generated = InternalRaftRequest.encode(
        InternalRaftRequest.fromPartial(request),
      ).finish();
      expect(Buffer.compare(encodeRaftRequest(request), generated)).toBe(0);
    }
  });

  it('is found again by its id, on this member and on others', () => {
    const request = raftRequest(77n, { put });
    expect(requestIdOf(request)).toBe(77n);
    const received = InternalRaftRequest.decode(encodeRaftRequest(request));
    expect(requestIdOf(received)).toBe(77n);
    expect(received.put).toEqual(put);
  });

  it('of a member older than headers has its id in the request', () => {
    expect(requestIdOf(InternalRaftRequest.fromPartial({ ID: 5n }))).toBe(5n);
  });
});
