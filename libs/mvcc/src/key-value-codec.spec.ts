import { EMPTY_BYTES, LeaseId, NO_LEASE, Revision, toBinaryString } from '@etcd-ts/foundation';
import fc from 'fast-check';
import { decodeKeyValue, encodeKey, encodeKeyValue, encodeTombstone } from './key-value-codec.js';
import { bytes } from './testing/requests.js';

const keyValue = fc.record({
  key: fc.uint8Array({ maxLength: 300 }),
  createRevision: fc.maxSafeNat().map(Revision),
  modRevision: fc.maxSafeNat().map(Revision),
  version: fc.maxSafeNat(),
  value: fc.uint8Array({ maxLength: 300 }),
  lease: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(LeaseId),
});

describe('the KeyValue codec', () => {
  it('gives back what it was given', () => {
    fc.assert(
      fc.property(keyValue, (kv) => {
        const decoded = decodeKeyValue(encodeKeyValue(kv));
        expect({ ...decoded, key: [...decoded.key], value: [...decoded.value] }).toEqual({
          ...kv,
          key: [...kv.key],
          value: [...kv.value],
        });
      }),
    );
  });

  it('makes of what the index knows the same as of a KeyValue without value and lease', () => {
    fc.assert(
      fc.property(keyValue, (whole) => {
        const kv = { ...whole, value: EMPTY_BYTES, lease: NO_LEASE };
        const { createRevision, modRevision, version } = kv;
        const name = toBinaryString(kv.key);
        const bytes = encodeKey(name, createRevision, modRevision, version);
        expect(Buffer.compare(bytes, encodeKeyValue(kv))).toBe(0);
      }),
    );
  });

  it('writes fields in ascending order and leaves zeros out', () => {
    const kv = {
      key: bytes('k'),
      createRevision: Revision(2),
      modRevision: Revision(300),
      version: 1,
      value: bytes(''),
      lease: NO_LEASE,
    };
    expect(Buffer.from(encodeKeyValue(kv)).toString('hex')).toBe('0a016b100218ac022001');
    const leased = { ...kv, value: bytes('v'), lease: LeaseId(7n) };
    expect(Buffer.from(encodeKeyValue(leased)).toString('hex')).toBe(
      '0a016b100218ac0220012a01763007',
    );
  });

  it('writes a negative lease in ten bytes, as int64 on the wire', () => {
    const kv = { ...decodeKeyValue(encodeTombstone(bytes('k'))), lease: LeaseId(-1n) };
    expect(Buffer.from(encodeKeyValue(kv)).toString('hex')).toBe('0a016b30ffffffffffffffffff01');
  });

  it('writes only the key of a tombstone', () => {
    expect(Buffer.from(encodeTombstone(bytes('key'))).toString('hex')).toBe('0a036b6579');
  });

  it('skips fields it does not know', () => {
    const later = Buffer.from('0a016b38055001590102030405060708650102030462026162', 'hex');
    expect(Buffer.from(decodeKeyValue(later).key).toString()).toBe('k');
  });

  it('stops at damaged rows instead of reading past them', () => {
    expect(() => decodeKeyValue(Buffer.from('0a056b', 'hex'))).toThrow('cut short');
    expect(() => decodeKeyValue(Buffer.from('10ff', 'hex'))).toThrow('cut short');
    expect(() => decodeKeyValue(Buffer.from('0b', 'hex'))).toThrow('wire type 3');
  });
});
