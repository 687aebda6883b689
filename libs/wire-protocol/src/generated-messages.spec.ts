import { KVDefinition, RequestOp, TxnRequest } from './generated/etcdserverpb/kv.pb.js';
import { Request } from './generated/etcdserverpb/etcdserver.pb.js';
import { RangeResponse } from './generated/etcdserverpb/kv.pb.js';
import { StatusResponse } from './generated/etcdserverpb/maintenance.pb.js';
import { KeyValue } from './generated/mvccpb/kv.pb.js';
import { snapshot } from './generated/snappb/snap.pb.js';
import { WatchCreateRequest } from './generated/etcdserverpb/watch.pb.js';
import { Record } from './generated/walpb/record.pb.js';

const hex = (encoded: { finish(): Uint8Array }): string =>
  Buffer.from(encoded.finish()).toString('hex');

describe('the generated messages', () => {
  it('keep ids of full 64 bits', () => {
    const status = StatusResponse.fromPartial({ leader: 2n ** 64n - 1n, dbSize: -1n });
    expect(StatusResponse.decode(StatusResponse.encode(status).finish())).toEqual(status);
  });

  it('leave zero fields of a stored key-value out, as HashKV needs', () => {
    const kv = { key: Buffer.from('k'), createRevision: 2n, modRevision: 2n, version: 1n };
    expect(hex(KeyValue.encode(KeyValue.fromPartial(kv)))).toBe('0a016b100218022001');
  });

  it('tell an absent field of the version 2 request from false', () => {
    const decoded = Request.decode(
      Request.encode(Request.fromPartial({ PrevExist: false })).finish(),
    );
    expect([decoded.PrevExist, decoded.Refresh]).toEqual([false, undefined]);
  });

  it('write the zeros of log records and snapshot files that are set', () => {
    expect(hex(Record.encode({ type: 4n, crc: 0, data: undefined }))).toBe('08041000');
    expect(hex(snapshot.encode({ crc: 0, data: undefined }))).toBe('0800');
  });

  it('have the JSON names of the gateway', () => {
    const response = RangeResponse.fromPartial({
      header: { clusterId: 1n, memberId: 2n, revision: 3n, raftTerm: 4n },
      kvs: [{ key: Buffer.from('k'), createRevision: 2n }],
      count: 1n,
    });
    expect(RangeResponse.toJSON(response)).toEqual({
      header: { cluster_id: '1', member_id: '2', revision: '3', raft_term: '4' },
      kvs: [{ key: 'aw==', create_revision: '2' }],
      count: '1',
    });
  });

  it('refuse transactions nested without end, instead of the stack giving way', () => {
    let txn = TxnRequest.fromPartial({});
    for (let depth = 0; depth < 200; depth++) {
      const nested = RequestOp.create({ request: { $case: 'requestTxn', value: txn } });
      txn = TxnRequest.fromPartial({});
      txn.success = [nested];
    }
    const encoded = TxnRequest.encode(txn).finish();
    expect(() => TxnRequest.decode(encoded)).toThrow('recursion limit');
  });

  it.each([
    ['a field number of zero', [0x00], 'proto: KeyValue: illegal tag 0 (wire type 0)'],
    ['one after a field', [0x18, 0x02, 0x02, 0x01], 'proto: KeyValue: illegal tag 0 (wire type 2)'],
    ['the end of no group', [0x0c], 'proto: KeyValue: wiretype end group for non-group'],
  ])('refuse %s in the words of the original', (_what, bytes, words) => {
    expect(() => KeyValue.decode(Buffer.from(bytes))).toThrow(words);
  });

  it('refuse what is illegal inside of another message, too', () => {
    const lying = Buffer.from([0x0a, 0x02, 0x00, 0x00, 0x10, 0x01]);
    expect(() => RangeResponse.decode(lying)).toThrow('ResponseHeader: illegal tag 0');
  });

  it('refuse a message in which a field is longer than the message', () => {
    // A header of two bytes, whose second byte announces seven bytes of an unknown field.
    const bytes = Buffer.from('0a027a07100108021801200130', 'hex');
    expect(() => RangeResponse.decode(bytes)).toThrow('unexpected EOF');
  });

  it('refuse a packed list whose last number is longer than the list', () => {
    expect(() => WatchCreateRequest.decode(Buffer.from('2a0201801800', 'hex'))).toThrow(
      'unexpected EOF',
    );
  });

  it('come with service definitions that name the methods as on the wire', () => {
    expect(KVDefinition.fullName).toBe('etcdserverpb.KV');
    expect(KVDefinition.methods.rangeStream).toMatchObject({
      name: 'RangeStream',
      requestStream: false,
      responseStream: true,
    });
  });
});
