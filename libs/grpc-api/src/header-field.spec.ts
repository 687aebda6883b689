import { ClusterId, MemberId, Revision, Term } from '@etcd-ts/foundation';
import { PutResponse } from '@etcd-ts/wire-protocol';

import { HeaderField } from './header-field.js';

describe('a marshalled header, which is all of the response of a put', () => {
  it('is what the generated code makes of it, for every size of a number', () => {
    for (let bits = 0; bits < 53; bits++) {
      const ids = { clusterId: ClusterId(1n << BigInt(bits)), memberId: MemberId(2n ** 64n - 1n) };
      const facts = { ...ids, revision: Revision(1), raftTerm: Term(0) };
      const headerField = new HeaderField({ header: () => facts });
      for (const revision of [2 ** bits - 1, 2 ** bits]) {
        facts.raftTerm = Term(2 ** (52 - bits));
        const header = { ...ids, revision: BigInt(revision), raftTerm: BigInt(facts.raftTerm) };
        const expected = PutResponse.encode({ header, prevKv: undefined }).finish();
        expect(Buffer.from(headerField.of(Revision(revision)))).toEqual(Buffer.from(expected));
      }
    }
  });
});
