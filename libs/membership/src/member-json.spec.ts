import { MemberId } from '@etcd-ts/foundation';
import fc from 'fast-check';
import { ExactJsonError, parseExactJson } from './exact-json.js';
import {
  decodeConfigChangeContext,
  decodeMember,
  decodeMembers,
  encodeConfigChangeContext,
  encodeMember,
  encodeMembers,
} from './member-json.js';
import type { Member } from './member.js';

const member = (fields: Partial<Member>): Member => ({
  id: MemberId(0n),
  name: '',
  peerUrls: [],
  clientUrls: [],
  isLearner: false,
  ...fields,
});

const text = fc.string({ unit: 'grapheme', maxLength: 12 });
const anyMember: fc.Arbitrary<Member> = fc.record({
  id: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }).map(MemberId),
  name: text,
  peerUrls: fc.array(text, { maxLength: 3 }),
  clientUrls: fc.array(text, { maxLength: 3 }),
  isLearner: fc.boolean(),
});

describe('member JSON', () => {
  test('is what etcd writes in each of its uses', () => {
    const id = MemberId(9372538179322589801n);
    const peerUrls = ['http://127.0.0.1:2380'];
    expect(encodeMember(member({ id, peerUrls, name: 'infra1' }))).toBe(
      '{"id":9372538179322589801,"peerURLs":["http://127.0.0.1:2380"],"name":"infra1"}',
    );
    const added = { member: member({ id, peerUrls, isLearner: true }), isPromote: false };
    expect(encodeConfigChangeContext(added)).toBe(
      '{"id":9372538179322589801,"peerURLs":["http://127.0.0.1:2380"],"isLearner":true,"isPromote":false}',
    );
    expect(encodeConfigChangeContext({ member: member({ id }), isPromote: true })).toBe(
      '{"id":9372538179322589801,"peerURLs":null,"isPromote":true}',
    );
  });

  test('of GET /members is read and written as etcd 3.4.23 sent it', () => {
    const body =
      '[{"id":1429417205720054119,"peerURLs":["http://127.0.0.1:23680"],"name":"a",' +
      '"clientURLs":["http://127.0.0.1:23679"]},' +
      '{"id":4222101470950974043,"peerURLs":["http://10.0.0.1:2380","http://10.0.0.2:2380"]}]';
    const members = decodeMembers(`${body}\n`);
    expect(members[1]?.id).toBe(4222101470950974043n);
    expect(encodeMembers(members)).toBe(body);
    expect(decodeMembers('null')).toEqual([]);
  });

  test('keeps everything on the way out and back', () => {
    fc.assert(
      fc.property(anyMember, fc.boolean(), (original, isPromote) => {
        expect(decodeMember(encodeMember(original))).toEqual(original);
        const context = { member: original, isPromote };
        expect(decodeConfigChangeContext(encodeConfigChangeContext(context))).toEqual(context);
      }),
    );
  });

  test('is JSON that an ordinary parser reads the same but for the id', () => {
    fc.assert(
      fc.property(anyMember, (original) => {
        const ordinary = JSON.parse(encodeMember(original)) as Record<string, unknown>;
        expect(ordinary['name'] ?? '').toBe(original.name);
        expect(ordinary['peerURLs'] ?? []).toEqual(original.peerUrls);
      }),
    );
  });

  test('escapes what Go escapes', () => {
    const json = encodeMember(member({ name: '<a&b>\u2028"\n', peerUrls: ['u'] }));
    expect(json).toContain(String.raw`"name":"\u003ca\u0026b\u003e\u2028\"\n"`);
  });

  test('is read in any order, with blanks, nulls and fields nobody knows', () => {
    const json = `
      { "later": {"deep": [1.5e3, true, null]}, "name": "\\u0061", "clientURLs": null,
        "id": 18446744073709551615, "peerURLs": [ "x" , "y" ], "isPromote": true }`;
    const expected = member({ id: MemberId((1n << 64n) - 1n), name: 'a', peerUrls: ['x', 'y'] });
    expect(decodeMember(json)).toEqual(expected);
    expect(decodeConfigChangeContext(json)).toEqual({ member: expected, isPromote: true });
  });

  test.each([
    ['', 'invalid JSON'],
    ['{"id":1', 'invalid JSON'],
    ['{"id":1}}', 'invalid JSON'],
    ['{"id":01}', 'invalid JSON'],
    ['{"name":"\n"}', 'invalid JSON'],
    ['{"name":"\\x"}', 'invalid JSON'],
    ['{id:1}', 'invalid JSON'],
    ['[]', 'expected an object'],
    ['{"id":18446744073709551616}', 'unsigned 64-bit'],
    ['{"id":-1}', 'unsigned 64-bit'],
    ['{"id":1.0}', 'unsigned 64-bit'],
    ['{"id":"1"}', 'unsigned 64-bit'],
    ['{"peerURLs":"x"}', 'array of strings in peerURLs'],
    ['{"clientURLs":[1]}', 'array of strings in clientURLs'],
    ['{"isLearner":1}', 'true or false in isLearner'],
    ['{"name":1}', 'string in name'],
  ])('refuses %j', (json, words) => {
    expect(() => decodeMember(json)).toThrow(ExactJsonError);
    expect(() => decodeMember(json)).toThrow(words);
  });

  test('refuses nesting without end instead of running out of stack', () => {
    expect(() => decodeMember('['.repeat(100_000))).toThrow(ExactJsonError);
  });
});

test('any JSON is parsed as JSON.parse does it, numbers as written', () => {
  const plain = (value: ReturnType<typeof parseExactJson>): unknown => {
    if (value instanceof Map) {
      return Object.fromEntries([...value].map(([name, item]) => [name, plain(item)]));
    }
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value === 'object' && value !== null && 'digits' in value) {
      return Number(value.digits);
    }
    return value;
  };
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), (json) => {
      const once = JSON.parse(json) as unknown;
      // An own "__proto__" member survives neither fromEntries nor comparison.
      fc.pre(!json.includes('__proto__'));
      expect(plain(parseExactJson(json))).toEqual(once);
    }),
  );
});
