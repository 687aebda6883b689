import { WatchResponse } from '@etcd-ts/wire-protocol';

import { MessageReader } from './message-reader.js';
import { grpcMessage } from './http2-frames.js';
import { countFields } from './protobuf-fields.js';

describe('counting without decoding', () => {
  it('finds as many events in a watch response as decoding does', () => {
    const response = WatchResponse.encode(
      WatchResponse.fromPartial({
        header: { clusterId: 2n ** 64n - 1n, memberId: 1n, revision: 300n, raftTerm: 2n },
        watchId: 5n,
        events: [{ kv: { key: Buffer.from('k') } }, { type: 1, kv: { key: Buffer.alloc(300) } }],
      }),
    ).finish();
    expect(countFields(response, 11)).toBe(2);
    expect(countFields(response, 3)).toBe(0);
  });

  it('cuts messages out of bytes however they arrive', () => {
    const messages = [Buffer.alloc(0), Buffer.from('one'), Buffer.alloc(500, 'two')];
    const bytes = Buffer.concat(messages.map(grpcMessage));
    for (const step of [1, 3, 7, 100, bytes.length]) {
      const seen: string[] = [];
      const reader = new MessageReader((message) => seen.push(message.toString()));
      for (let at = 0; at < bytes.length; at += step) reader.take(bytes.subarray(at, at + step));
      expect(seen).toEqual(messages.map(String));
    }
  });
});
