import type { TxnRequest, TxnResponse } from '@etcd-ts/wire-protocol';
import { Compare_CompareResult, Compare_CompareTarget } from '@etcd-ts/wire-protocol';
import { allKeys, between, from, prefix } from './key-range.js';
import type { KeySpace } from './key-space.js';
import { Namespace, WHOLE_KEY_SPACE } from './key-space.js';
import { compare, del, exists, get, isMissing, put, Txn } from './txn.js';

const ANSWER: TxnResponse = { header: undefined, succeeded: true, responses: [] };

async function requestOf(space: KeySpace, build: (txn: Txn) => Txn): Promise<TxnRequest> {
  let sent: TxnRequest | undefined;
  const calls = {
    txn: async (request: TxnRequest) => {
      sent = request;
      return ANSWER;
    },
  };
  await build(new Txn(calls, space)).commit();
  if (sent === undefined) throw new Error('nothing was sent');
  return sent;
}

describe('a transaction', () => {
  it('has its conditions and operations in the order they were given', async () => {
    const request = await requestOf(WHOLE_KEY_SPACE, (txn) =>
      txn
        .if(compare('a').version.isGreaterThan(2), isMissing('b'))
        .do(put('c', '1'))
        .if(exists('d'), compare('e').value.isNot('x'))
        .do(get(prefix('f')), del('g')),
    );
    expect(request.compare.map(({ key, result, target }) => [String(key), result, target])).toEqual(
      [
        ['a', Compare_CompareResult.GREATER, Compare_CompareTarget.VERSION],
        ['b', Compare_CompareResult.EQUAL, Compare_CompareTarget.CREATE],
        ['d', Compare_CompareResult.GREATER, Compare_CompareTarget.CREATE],
        ['e', Compare_CompareResult.NOT_EQUAL, Compare_CompareTarget.VALUE],
      ],
    );
    expect(request.success.map((each) => each.request?.$case)).toEqual([
      'requestPut',
      'requestRange',
      'requestDeleteRange',
    ]);
  });

  it('of a namespace has the prefix in every key, also those of transactions within', async () => {
    const space = new Namespace(Buffer.from('ns/'));
    const request = await requestOf(space, (txn) =>
      txn
        .if(compare(prefix('a')).modRevision.isLessThan(5))
        .do(new Txn({ txn: async () => ANSWER }, WHOLE_KEY_SPACE).do(put('k', 'v')).nested()),
    );
    expect(request.compare[0]).toMatchObject({
      key: Buffer.from('ns/a'),
      rangeEnd: Buffer.from('ns/b'),
    });
    expect(request.success[0]?.request?.value).toMatchObject({
      success: [{ request: { value: { key: Buffer.from('ns/k') } } }],
    });
  });
});

describe('a namespace', () => {
  const space = new Namespace(Buffer.from('ns/'));
  const outward = (range: ReturnType<typeof from>): string[] => {
    const { key, rangeEnd } = space.outward(range);
    return [String(key), String(rangeEnd)];
  };

  it('contains every range, the open ones too', () => {
    expect(outward(allKeys())).toEqual(['ns/', 'ns0']);
    expect(outward(prefix(''))).toEqual(['ns/', 'ns0']);
    expect(outward(from('k'))).toEqual(['ns/k', 'ns0']);
    expect(outward(between('a', 'c'))).toEqual(['ns/a', 'ns/c']);
    expect(outward(prefix('a'))).toEqual(['ns/a', 'ns/b']);
    expect(outward({ key: Buffer.from('k'), rangeEnd: Buffer.alloc(0) })).toEqual(['ns/k', '']);
  });
});
