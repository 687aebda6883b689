import { Namespace } from '@etcd-ts/client';
import { DeleteRangeRequest, PutRequest, RangeRequest, TxnRequest } from '@etcd-ts/wire-protocol';
import { extendPath } from '../upstream/proxy-path.js';
import { OutwardRequests } from './requests.js';

const outward = new OutwardRequests(new Namespace(Buffer.from('ns/')));
const bytes = (text: string): Buffer => Buffer.from(text);
const range = (key: string, rangeEnd = ''): RangeRequest =>
  RangeRequest.fromPartial({ key: bytes(key), rangeEnd: bytes(rangeEnd) });

describe('a namespace', () => {
  it.each([
    ['a', '', 'ns/a', ''],
    ['a', 'b', 'ns/a', 'ns/b'],
    ['a', '\0', 'ns/a', 'ns0'],
    ['\0', '\0', 'ns/', 'ns0'],
  ])('holds the range %j to %j', (key, end, outerKey, outerEnd) => {
    const mapped = outward.range(range(key, end));
    expect([String(mapped.key), String(mapped.rangeEnd)]).toEqual([outerKey, outerEnd]);
  });

  it('does not make a key of none', () => {
    const noKey = 'etcdserver: key is not provided';
    expect(() => outward.range(range(''))).toThrow(noKey);
    expect(() => outward.put(PutRequest.create())).toThrow(noKey);
    expect(() => outward.deleteRange(DeleteRangeRequest.create())).toThrow(noKey);
  });

  it('holds all parts of a transaction, however deep', () => {
    const put = {
      $case: 'requestPut' as const,
      value: PutRequest.fromPartial({ key: bytes('p') }),
    };
    const deletion = DeleteRangeRequest.fromPartial({ key: bytes('d'), rangeEnd: bytes('\0') });
    const inner = TxnRequest.fromPartial({
      compare: [{ key: bytes('c'), rangeEnd: bytes('\0') }],
      success: [{ request: put }],
      failure: [{ request: { $case: 'requestDeleteRange', value: deletion } }],
    });
    const nested = { request: { $case: 'requestTxn' as const, value: inner } };
    const mapped = outward.txn(TxnRequest.fromPartial({ success: [nested] }));
    const keys = JSON.stringify(mapped, (_name, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    ).matchAll(/"(?:key|rangeEnd)":\{"type":"Buffer","data":\[([\d,]*)\]\}/gu);
    const found = [...keys].map(([, data = '']) =>
      String(Buffer.from(data.split(',').map(Number))).replace(/^\0$/u, ''),
    );
    expect(found).toEqual(['ns/c', 'ns0', 'ns/p', 'ns/d', 'ns0']);
  });
});

describe('the path of a call', () => {
  it('grows by each proxy and never comes back to one', () => {
    const path = extendPath(extendPath(undefined, 'a'), 'b');
    expect(path).toBe('a,b');
    expect(() => extendPath(path, 'a')).toThrow('lead back');
    expect(() => extendPath('1,2,3,4,5,6,7,8', 'a')).toThrow('lead back');
  });
});
