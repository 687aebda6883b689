import * as fc from 'fast-check';
import { HpackEncoder } from '../testing/hpack-encoder.js';
import type { HeaderField } from './header-field.js';
import { HpackDecoder } from './hpack-decoder.js';
import { HpackError } from './hpack-error.js';

const MAX_LIST_BYTES = 1_000;

function decoder(maxTableBytes = 4096): HpackDecoder {
  return new HpackDecoder({ maxTableBytes, maxListBytes: MAX_LIST_BYTES });
}

function decode(from: HpackDecoder, hex: string): readonly string[] {
  const bytes = Buffer.from(hex.replace(/\s/gu, ''), 'hex');
  const { fields } = from.decode(bytes, 0, bytes.length);
  return fields.map(({ name, value }) => `${name}: ${value}`);
}

const REQUEST = [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'];
const SECOND = [...REQUEST, 'cache-control: no-cache'];
const THIRD = [
  ':method: GET',
  ':scheme: https',
  ':path: /index.html',
  ':authority: www.example.com',
  'custom-key: custom-value',
];
const DATE_21 = 'date: Mon, 21 Oct 2013 20:13:21 GMT';
const DATE_22 = 'date: Mon, 21 Oct 2013 20:13:22 GMT';
const LOCATION = 'location: https://www.example.com';
const COOKIE = 'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1';
const RESPONSES = [
  [':status: 302', 'cache-control: private', DATE_21, LOCATION],
  [':status: 307', 'cache-control: private', DATE_21, LOCATION],
  [':status: 200', 'cache-control: private', DATE_22, LOCATION, 'content-encoding: gzip', COOKIE],
];

describe('the examples of RFC 7541, appendix C', () => {
  it.each([
    ['C.2.1', '400a637573746f6d2d6b65790d637573746f6d2d686561646572', 'custom-key: custom-header'],
    ['C.2.2', '040c2f73616d706c652f70617468', ':path: /sample/path'],
    ['C.2.3', '100870617373776f726406736563726574', 'password: secret'],
    ['C.2.4', '82', ':method: GET'],
  ])('%s', (_name, hex, field) => {
    expect(decode(decoder(), hex)).toEqual([field]);
  });

  it('C.3: requests without Huffman coding', () => {
    const one = decoder();
    expect(decode(one, '828684410f7777772e6578616d706c652e636f6d')).toEqual(REQUEST);
    expect(decode(one, '828684be58086e6f2d6361636865')).toEqual(SECOND);
    expect(decode(one, '828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565')).toEqual(
      THIRD,
    );
  });

  it('C.4: requests with Huffman coding', () => {
    const one = decoder();
    expect(decode(one, '828684418cf1e3c2e5f23a6ba0ab90f4ff')).toEqual(REQUEST);
    expect(decode(one, '828684be5886a8eb10649cbf')).toEqual(SECOND);
    expect(decode(one, '828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf')).toEqual(THIRD);
  });

  it('C.5: responses without Huffman coding, in a table of 256 bytes', () => {
    const one = decoder(256);
    const first = `4803333032580770726976617465611d4d6f6e2c203231204f637420323031332032303a31
      333a323120474d546e1768747470733a2f2f7777772e6578616d706c652e636f6d`;
    expect(decode(one, first)).toEqual(RESPONSES[0]);
    expect(decode(one, '4803333037c1c0bf')).toEqual(RESPONSES[1]);
    const third = `88c1611d4d6f6e2c203231204f637420323031332032303a31333a323220474d54c05a04677a
      69707738666f6f3d4153444a4b48514b425a584f5157454f50495541585157454f49553b206d61782d6167
      653d333630303b2076657273696f6e3d31`;
    expect(decode(one, third)).toEqual(RESPONSES[2]);
  });

  it('C.6: responses with Huffman coding, in a table of 256 bytes', () => {
    const one = decoder(256);
    const first = `488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e91
      9d29ad171863c78f0b97c8e9ae82ae43d3`;
    expect(decode(one, first)).toEqual(RESPONSES[0]);
    expect(decode(one, '4883640effc1c0bf')).toEqual(RESPONSES[1]);
    const third = `88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e782
      1dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007`;
    expect(decode(one, third)).toEqual(RESPONSES[2]);
  });
});

describe('a block that is no HPACK', () => {
  it.each([
    ['index 0', '80'],
    ['an index beyond both tables', 'be'],
    ['an integer without end', 'ffffffffffffff7f'],
    ['an integer of many zeros', 'ff80808080808080808080'],
    ['an integer that the block cuts', 'ff'],
    ['a string longer than the block', '400a6375'],
    ['no value after a name', '4001 61'],
    ['a table larger than allowed', '3fe2 1f'],
    ['a table size after a field', '82 20'],
    ['Huffman padding of more than seven bits', '4001 61 82 1fff'],
    ['Huffman padding that is not all ones', '4001 61 81 18'],
    ['EOS in a Huffman string', '4001 61 84 ffffffff'],
  ])('is refused: %s', (_name, hex) => {
    expect(() => decode(decoder(), hex)).toThrow(HpackError);
  });
});

describe('the table', () => {
  it('is emptied by a field larger than itself', () => {
    const one = decoder(64);
    expect(decode(one, `40 01 61 01 62`)).toEqual(['a: b']);
    expect(decode(one, 'be')).toEqual(['a: b']);
    decode(one, `40 01 61 28 ${'63'.repeat(40)}`);
    expect(() => decode(one, 'be')).toThrow(HpackError);
  });

  it('may be made smaller and larger again at the beginning of a block', () => {
    const one = decoder();
    decode(one, '40 01 61 01 62');
    expect(decode(one, '20 3fe11f 82')).toEqual([':method: GET']);
    expect(() => decode(one, 'be')).toThrow(HpackError);
  });
});

describe('a long list', () => {
  it('is cut at the limit, and leaves the table as it must be: one byte may stand for many', () => {
    const one = decoder();
    const value = 'x'.repeat(400);
    const encoder = new HpackEncoder();
    const bomb = encoder.block(Array.from({ length: 1_000 }, () => ({ name: 'a', value })));
    expect(bomb.length).toBeLessThan(1_500);
    const { fields, truncated } = one.decode(bomb, 0, bomb.length);
    expect([fields.length, truncated]).toEqual([2, true]);
    const after = encoder.block([{ name: 'a', value }]);
    expect(one.decode(after, 0, after.length)).toEqual({
      fields: [{ name: 'a', value }],
      truncated: false,
    });
  });
});

describe('the generation', () => {
  it('stays while equal bytes mean equal fields, and changes with the table', () => {
    const one = decoder();
    const before = one.generation;
    decode(one, '82 0001 61 01 62');
    expect(one.generation).toBe(before);
    decode(one, '40 01 61 01 62');
    expect(one.generation).not.toBe(before);
  });
});

describe('any fields', () => {
  const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
  const text = fc.string({ unit: byte, maxLength: 40 });
  const field: fc.Arbitrary<HeaderField> = fc.record({
    name: fc.oneof(text, fc.constantFrom(':path', 'content-type', 'grpc-timeout')),
    value: text,
  });
  const step = fc.record({
    fields: fc.array(field, { maxLength: 6 }),
    huffman: fc.boolean(),
    indexing: fc.constantFrom('incremental' as const, 'without' as const, 'never' as const),
    resize: fc.option(fc.integer({ min: 0, max: 300 }), { nil: undefined }),
  });

  it('come back as they were, whatever the encoder chooses', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const encoder = new HpackEncoder(300);
        const one = decoder(300);
        for (const { fields, huffman, indexing, resize } of steps) {
          const prologue = resize === undefined ? Buffer.alloc(0) : encoder.resize(resize);
          const block = Buffer.concat([prologue, encoder.block(fields, huffman, indexing)]);
          // Somewhere in a larger chunk, as it comes from the network.
          const chunk = Buffer.concat([Buffer.from('ab'), block, Buffer.from('c')]);
          expect(one.decode(chunk, 2, 2 + block.length).fields).toEqual(fields);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('any bytes at all are decoded or refused, never anything else', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 5 }), (blocks) => {
        const one = decoder();
        try {
          for (const block of blocks) one.decode(Buffer.from(block), 0, block.length);
        } catch (error) {
          expect(error).toBeInstanceOf(HpackError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});
