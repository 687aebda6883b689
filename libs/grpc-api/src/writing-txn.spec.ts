import { must, SeededRng } from '@etcd-ts/foundation';
import {
  Compare,
  LeaseDefinition,
  RequestOp,
  TxnRequest,
  TxnResponse,
} from '@etcd-ts/wire-protocol';

import { checkTxn } from './request-validation.js';
import { DirectCalls } from './testing/direct-calls.js';
import { ServedMember } from './testing/served-member.js';
import { mayWrite } from './writing-txn.js';

const CASES = 150;
const rng = new SeededRng(12);
const pick = <T>(...choices: readonly T[]): T => choices[rng.below(choices.length)] as T;
const someKey = (): Buffer => Buffer.from(`k${rng.below(8)}`);
const someValue = (): Buffer => Buffer.alloc(pick(0, 1, 300), pick('v', 'w'));

function someCompare(): Compare {
  return Compare.fromPartial({
    key: someKey(),
    rangeEnd: pick(Buffer.of(), Buffer.of(), Buffer.from('k5')),
    result: rng.below(4) as Compare['result'],
    target: rng.below(5) as Compare['target'],
    targetUnion: pick<Compare['targetUnion']>(
      { $case: 'version', value: BigInt(rng.below(4)) },
      { $case: 'modRevision', value: BigInt(rng.below(200)) },
      { $case: 'createRevision', value: BigInt(rng.below(200)) },
      { $case: 'value', value: someValue() },
      { $case: 'lease', value: pick(0n, 7n) },
      undefined,
    ),
  });
}

function someOperation(depth: number): RequestOp {
  const key = someKey();
  const prevKv = rng.below(3) === 0;
  const put = {
    ...{ key, value: someValue(), prevKv, lease: pick(0n, 0n, 7n, 99n) },
    ignoreLease: rng.below(9) === 0,
  };
  const rangeEnd = pick(Buffer.of(), Buffer.from('k9'));
  switch (rng.below(depth === 0 ? 8 : 7)) {
    case 0:
      return RequestOp.fromPartial({
        request: { $case: 'requestDeleteRange', value: { key, rangeEnd, prevKv } },
      });
    case 1:
    case 2:
      return RequestOp.fromPartial({
        request: { $case: 'requestRange', value: { key, rangeEnd, countOnly: prevKv } },
      });
    case 7:
      return { request: { $case: 'requestTxn', value: someTxn(1) } };
    default:
      if (put.ignoreLease) put.lease = 0n;
      return RequestOp.fromPartial({ request: { $case: 'requestPut', value: put } });
  }
}

function someTxn(depth = 0): TxnRequest {
  const some = <T>(atMost: number, one: () => T): T[] =>
    Array.from({ length: rng.below(atMost + 1) }, one);
  return {
    compare: some(2, someCompare),
    success: some(3, () => someOperation(depth)),
    failure: some(2, () => someOperation(depth)),
  };
}

const isValid = (request: TxnRequest): boolean => {
  try {
    checkTxn(request, 128);
    return true;
  } catch {
    return false;
  }
};
const marshalled = (request: TxnRequest): Uint8Array => TxnRequest.encode(request).finish();
const isRange = ({ request }: RequestOp): boolean => request?.$case === 'requestRange';

describe('a transaction', () => {
  it('is seen to write in its bytes', () => {
    for (let at = 0; at < CASES; at++) {
      const request = someTxn();
      const isReadOnly = request.success.every(isRange) && request.failure.every(isRange);
      expect(mayWrite(marshalled(request))).toBe(!isReadOnly);
    }
    expect(mayWrite(Buffer.of(0xff, 0xff))).toBe(true);
  });

  describe('that goes the way without promises', () => {
    let direct: ServedMember;
    let ordinary: ServedMember;
    beforeAll(async () => {
      direct = await ServedMember.start(['--unsafe-no-fsync']);
      ordinary = await ServedMember.start(['--unsafe-no-fsync']);
      for (const { connection } of [direct, ordinary]) {
        await connection.service(LeaseDefinition).leaseGrant({ ID: 7n, TTL: 3600n });
      }
    });
    afterAll(async () => {
      await direct.dispose();
      await ordinary.dispose();
    });

    const answerOfDirect = async (request: TxnRequest): Promise<unknown> => {
      const calls = new DirectCalls(direct.services);
      const end = await calls.call('/etcdserverpb.KV/Txn', marshalled(request), { metadata: {} });
      if (end.response === undefined) return end.message;
      const response = TxnResponse.decode(end.response);
      const { revision } = must(response.header, 'a header');
      return { ...response, header: revision };
    };
    const answerOfOrdinary = (request: TxnRequest): Promise<unknown> =>
      ordinary.member.server.keyValues
        .txn(TxnRequest.decode(marshalled(request)))
        .then((response) => TxnResponse.decode(TxnResponse.encode(response).finish()))
        .then((response) => ({ ...response, header: response.header?.revision }))
        .catch((error: Error) => error.message);

    it('is answered as any other, and leaves the same state', async () => {
      const taken = jest.spyOn(direct.member.server.directWrites, 'proposeTxn');
      let refused = 0;
      for (let at = 0; at < CASES; at++) {
        const request = someTxn();
        if (!isValid(request)) continue;
        const answer = await answerOfDirect(request);
        expect(answer).toEqual(await answerOfOrdinary(request));
        if (typeof answer === 'string') refused++;
      }
      expect(refused).toBeGreaterThan(CASES / 50);
      expect(taken.mock.results.filter(({ value }) => value === true).length).toBeGreaterThan(
        CASES / 4,
      );
      const hashes = [direct, ordinary].map(({ member }) => member.server.maintenance.hashKv(0));
      const [one, other] = await Promise.all(hashes);
      expect(one?.hash).toBe(other?.hash);
    });

    it('is refused by the ordinary one what is no transaction, or not well formed', async () => {
      const calls = new DirectCalls(direct.services);
      const call = async (bytes: Uint8Array) =>
        (await calls.call('/etcdserverpb.KV/Txn', bytes, { metadata: {} })).message;
      expect(await call(Buffer.of(0x12, 0x7f, 0x12))).toMatch('grpc: error unmarshalling request');
      const empty = TxnRequest.fromPartial({ success: [{}] });
      expect(await call(marshalled(empty))).toMatch('etcdserver: key not found');
    });
  });
});
