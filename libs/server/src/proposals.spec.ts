import { Revision, Term } from '@etcd-ts/foundation';
import { ManualTime } from '@etcd-ts/manual-time';
import { ERRORS, PutRequest } from '@etcd-ts/wire-protocol';

import { applied } from './apply/outcome.js';
import { encodeDirectWrite, splitId } from './plain-put.js';
import { DirectPut } from './proposal.js';
import { Proposals } from './proposals.js';
import { raftRequest } from './raft-request.js';
import { revisionHeader } from './translate/response-translation.js';

const OUTCOME = applied({ kind: 'conf' });
const TIMEOUT_MS = 7000;

function setUp() {
  const time = new ManualTime();
  const proposals = new Proposals(time, TIMEOUT_MS);
  let lastId = 0n;
  const add = (data: Uint8Array = Buffer.from('data'), inTerm?: Term) => {
    const id = ++lastId;
    const settled = proposals.add(id, raftRequest(id, {}), data, inTerm);
    settled.catch(() => undefined);
    return { id, data, settled };
  };
  return { time, proposals, add };
}

describe('proposals', () => {
  it('are taken once, in the order they came', () => {
    const { proposals, add } = setUp();
    const added = [add(), add(), add()];
    const taken = proposals.takeFresh(undefined);
    expect(taken).toHaveLength(3);
    taken.forEach((data, i) => expect(data).toBe(added[i]?.data));
    expect(proposals.takeFresh(undefined)).toEqual([]);
  });

  it('for the leader of a term are taken in no other, nor by a follower', async () => {
    const { proposals, add } = setUp();
    const ours = (term: number) => add(Buffer.from(`of term ${term}`), Term(term));
    const first = ours(3);
    expect(proposals.takeFresh(Term(3))).toEqual([first.data]);
    for (const leads of [Term(4), undefined]) {
      const late = ours(3);
      const any = add();
      expect(proposals.takeFresh(leads)).toEqual([any.data]);
      await expect(late.settled).rejects.toThrow('etcdserver: not leader');
    }
    expect(proposals.size).toBe(3);
  });

  it('are found by the identity of their bytes, never by their content', () => {
    const { proposals, add } = setUp();
    const { id, data } = add();
    expect(proposals.requestOf(data)?.header?.ID).toBe(id);
    expect(proposals.requestOf(Buffer.from(data))).toBeUndefined();
  });

  it('settle once, with their outcome', async () => {
    const { proposals, add } = setUp();
    const { id, settled } = add();
    proposals.settle(id, OUTCOME);
    proposals.settle(id, OUTCOME);
    expect(await settled).toBe(OUTCOME);
    expect(proposals.size).toBe(0);
  });

  it('time out at their deadline, not before, and are not proposed afterwards', async () => {
    const { time, proposals, add } = setUp();
    const first = add();
    await time.advance(TIMEOUT_MS - 1);
    const second = add();
    expect(proposals.expire(() => ERRORS.Timeout.error())).toBe(0);
    await time.advance(1);
    expect(proposals.expire(() => ERRORS.Timeout.error())).toBe(1);
    await expect(first.settled).rejects.toThrow('context deadline exceeded');
    expect(proposals.takeFresh(undefined)).toEqual([second.data]);
    await time.advance(TIMEOUT_MS);
    expect(proposals.expire(() => ERRORS.Timeout.error())).toBe(1);
    // Raft has it, so it may happen yet.
    await expect(second.settled).rejects.toThrow(ERRORS.Timeout.message);
    // It was applied after all: nobody is waiting.
    proposals.settle(first.id, OUTCOME);
    expect(proposals.requestOf(first.data)).toBeUndefined();
  });

  it('that raft did not take are told so', async () => {
    const { proposals, add } = setUp();
    const { settled } = add();
    const dropped = proposals.drop(proposals.takeFresh(undefined), () =>
      ERRORS.RequestTooManyRequests.error(),
    );
    expect(dropped).toBe(1);
    await expect(settled).rejects.toThrow(ERRORS.RequestTooManyRequests.message);
  });

  it('beyond a bound on their bytes are refused, until others are settled', async () => {
    const { proposals, add } = setUp();
    const large = Buffer.alloc(64 * 1024 * 1024);
    const held = [1, 2, 3, 4].map(() => add(large.subarray()));
    await expect(add().settled).rejects.toThrow(ERRORS.RequestTooManyRequests.message);
    const first = held[0];
    if (first !== undefined) proposals.settle(first.id, OUTCOME);
    add();
    expect(proposals.size).toBe(4);
  });

  it('all fail when the member ends', async () => {
    const { proposals, add } = setUp();
    const added = [add(), add()];
    proposals.failAll(() => ERRORS.Stopped.error());
    for (const { settled } of added) await expect(settled).rejects.toThrow(ERRORS.Stopped.message);
    expect(proposals.size).toBe(0);
  });

  describe('of plain puts', () => {
    const REQUEST = PutRequest.encode(PutRequest.fromPartial({ key: Buffer.from('k') })).finish();

    function setUpPuts() {
      const { time, proposals, add } = setUp();
      const ends: (Revision | string)[] = [];
      class Put extends DirectPut {
        applied(revision: Revision): void {
          ends.push(revision);
        }
        failed(error: Error): void {
          ends.push(error.message);
        }
      }
      const addPut = (id: bigint): Uint8Array => {
        const data = encodeDirectWrite('put', splitId(id), REQUEST);
        proposals.addDirect(new Put(), splitId(id), data);
        return data;
      };
      return { time, proposals, add, addPut, ends };
    }

    it('are taken with the others, in the order they came, and settle once', () => {
      const { proposals, add, addPut, ends } = setUpPuts();
      const taken = [addPut(2n ** 50n), add().data, addPut(2n ** 50n + 9n)];
      expect(proposals.takeFresh(undefined)).toEqual(taken);
      proposals.settlePut(splitId(2n ** 50n), Revision(5));
      proposals.settlePut(splitId(2n ** 50n), Revision(6));
      proposals.settlePut(splitId(2n ** 50n + 9n), ERRORS.NoSpace.error());
      expect(ends).toEqual([5, ERRORS.NoSpace.message]);
      expect(proposals.size).toBe(1);
    });

    it('are not settled by the request of another member whose id is half the same', () => {
      const { proposals, addPut, ends } = setUpPuts();
      addPut((3n << 48n) | 9n);
      proposals.settlePut(splitId((4n << 48n) | 9n), Revision(5));
      proposals.settle((5n << 48n) | 9n, OUTCOME);
      expect([ends, proposals.size]).toEqual([[], 1]);
    });

    it('settle as well where they were applied as any other, and others where they were plain', async () => {
      const { proposals, add, addPut, ends } = setUpPuts();
      addPut(2n ** 50n);
      const response = { header: revisionHeader(7), prevKv: undefined };
      proposals.settle(2n ** 50n, applied({ kind: 'put', response }));
      expect(ends).toEqual([7]);
      const { id, settled } = add();
      proposals.settlePut(splitId(id), Revision(8));
      expect(await settled).toMatchObject({
        result: { kind: 'put', response: { header: { revision: 8n } } },
      });
    });

    it('fail when they are dropped, overdue, or the server ends', async () => {
      const { time, proposals, addPut, ends } = setUpPuts();
      const dropped = addPut(1n);
      expect(proposals.drop([dropped], () => ERRORS.RequestTooManyRequests.error())).toBe(1);
      addPut(2n);
      await time.advance(TIMEOUT_MS);
      expect(proposals.expire(() => ERRORS.Timeout.error())).toBe(1);
      addPut(3n);
      proposals.failAll(() => ERRORS.Stopped.error());
      expect(ends).toEqual([
        ERRORS.RequestTooManyRequests.message,
        'context deadline exceeded',
        ERRORS.Stopped.message,
      ]);
      expect(proposals.takeFresh(undefined)).toEqual([]);
    });
  });
});
