import { MemberId } from '@etcd-ts/foundation';
import fc from 'fast-check';

import { decodeConfState, encodeConfState } from './conf-state.js';

describe('the stored membership of raft', () => {
  it('is etcd’s JSON, with bare ids', () => {
    const bytes = encodeConfState({
      voters: [MemberId(0x8e9e05c52164694dn)],
      learners: [],
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    });
    expect(Buffer.from(bytes).toString()).toBe(
      '{"voters":[10276657743932975437],"auto_leave":false}',
    );
  });

  it('reads back exactly, to the last digit', () => {
    const ids = fc.array(fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(MemberId));
    const confStates = fc.record({
      voters: ids,
      learners: ids,
      votersOutgoing: ids,
      learnersNext: ids,
      autoLeave: fc.boolean(),
    });
    fc.assert(
      fc.property(confStates, (confState) => {
        expect(decodeConfState(encodeConfState(confState))).toEqual(confState);
      }),
    );
  });

  it('throws on anything else', () => {
    expect(() => decodeConfState(Buffer.from('{"voters":'))).toThrow(SyntaxError);
  });
});
