import {
  GrpcStatus,
  KVDefinition,
  LeaseGrantRequest,
  MemberAddRequest,
  PutRequest,
  RangeRequest,
  TxnRequest,
  WatchResponse,
} from '@etcd-ts/wire-protocol';
import fc from 'fast-check';

import { encodeMessage, formatMessage, parseMessage } from './json-message.js';
import type { JsonCodec } from './routes.js';
import { JSON_ROUTES } from './routes.js';

const parse = (codec: JsonCodec, value: unknown): unknown =>
  parseMessage(codec, typeof value === 'string' ? value : JSON.stringify(value));

describe('a request in JSON', () => {
  it('names fields as the contract does, or in camel case', () => {
    const expected = { rangeEnd: Buffer.from([0]), sortOrder: 2 };
    expect(parse(RangeRequest, { range_end: 'AA==', sort_order: 'DESCEND' })).toMatchObject(
      expected,
    );
    expect(parse(RangeRequest, { rangeEnd: 'AA==', sortOrder: 2 })).toMatchObject(expected);
    const urls = ['http://a:1'];
    expect(parse(MemberAddRequest, { peerURLs: urls })).toMatchObject({ peerURLs: urls });
  });

  it('writes 64-bit numbers as numbers or strings, to the last digit', () => {
    expect(parse(PutRequest, '{"lease":7587862094143488535}')).toMatchObject({
      lease: 7587862094143488535n,
    });
    expect(parse(PutRequest, '{"lease":"-7"}')).toMatchObject({ lease: -7n });
    // Digits in a string are nobody's number.
    expect(() => parse(PutRequest, '{"key":"12345678901234567"}')).toThrow('key');
    expect(parse(PutRequest, '{"key":"1234567890123456"}')).toMatchObject({
      key: Buffer.from('1234567890123456', 'base64'),
    });
  });

  it('takes both alphabets of base64, padded or not', () => {
    for (const key of ['-_-_', '+/+/']) {
      expect(parse(PutRequest, { key })).toMatchObject({
        key: Buffer.from('fbffbf', 'hex'),
      });
    }
    expect(parse(PutRequest, { key: 'YQ' })).toMatchObject({ key: Buffer.from('a') });
  });

  it('passes over what the contract does not know, and null', () => {
    expect(parse(PutRequest, { key: null, other: { deep: 1 } })).toEqual(
      PutRequest.fromPartial({}),
    );
  });

  it.each([
    [RangeRequest, { key: 5 }],
    [RangeRequest, { key: '!!!' }],
    [RangeRequest, { key: 'YWFhY' }],
    [RangeRequest, { limit: 'abc' }],
    [RangeRequest, { limit: 1.5 }],
    [RangeRequest, { limit: '18446744073709551616' }],
    [RangeRequest, { serializable: 'false' }],
    [RangeRequest, { sort_order: 'BAD' }],
    [TxnRequest, { compare: {} }],
    [TxnRequest, { success: [{ request_put: { key: '!' } }] }],
    [TxnRequest, { compare: [{ target: 'VALUE', value: true }] }],
    [MemberAddRequest, { peerURLs: 'http://a:1' }],
    [RangeRequest, '[]'],
    [RangeRequest, '{"key":'],
  ] as const)('is refused rather than read as something else: %#', (codec, value) => {
    expect(() => parse(codec, value)).toThrow(/^proto: /u);
  });

  it.each([
    [LeaseGrantRequest, { ID: '18446744073709551615' }],
    [TxnRequest, { compare: [{ target: 2 ** 40 }] }],
  ])('is refused when a number does not fit into its field: %#', (codec, value) => {
    expect(() => encodeMessage(codec, parse(codec, value))).toThrow(/^proto: /u);
  });

  it('is not told all again when it is refused, be it long or deep', () => {
    const deep = `${'['.repeat(20_000)}${']'.repeat(20_000)}`;
    for (const json of [`{"key":"${'!'.repeat(100_000)}"}`, `{"key":${deep}}`, deep]) {
      const refused = expect.objectContaining({ code: GrpcStatus.InvalidArgument }) as unknown;
      expect(() => parse(RangeRequest, json)).toThrow(refused as Error);
      expect(() => parse(RangeRequest, json)).toThrow(/^.{1,500}$/su);
    }
  });

  it('has strings as long as the largest request that may be configured', () => {
    const value = 'A'.repeat(20_000_000);
    expect(parse(PutRequest, `{"value":"${value}"}`)).toMatchObject({
      value: expect.objectContaining({ length: 15_000_000 }) as unknown,
    });
  });

  it('reads back whatever a message becomes', () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
    const puts = fc.record({
      key: bytes,
      value: bytes,
      lease: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
      prevKv: fc.boolean(),
      ignoreValue: fc.boolean(),
      ignoreLease: fc.boolean(),
    });
    fc.assert(
      fc.property(puts, (put) => {
        const json = JSON.stringify(formatMessage(PutRequest, PutRequest.encode(put).finish()));
        expect(parseMessage(PutRequest, json)).toEqual(put);
      }),
    );
  });
});

describe('an answer in JSON', () => {
  it('leaves out zero values, and writes enums by name', () => {
    const message = WatchResponse.fromPartial({ events: [{ type: 1, kv: { modRevision: 3n } }] });
    expect(formatMessage(WatchResponse, WatchResponse.encode(message).finish())).toEqual({
      events: [{ type: 'DELETE', kv: { mod_revision: '3' } }],
    });
  });
});

describe('the routes', () => {
  it('are there for every method but the one that has none', () => {
    const methods = new Set([...JSON_ROUTES.values()].map(({ method }) => method));
    const missing = Object.values(KVDefinition.methods)
      .map(({ name }) => name)
      .filter((name) => !methods.has(`/etcdserverpb.KV/${name}`));
    expect(missing).toEqual(['RangeStream']);
    expect(JSON_ROUTES.size).toBe(51);
  });
});
