import fc from 'fast-check';

import { JsonValues } from './json-values.js';

describe('values one after the other', () => {
  it('come out whole, wherever the stream is cut', () => {
    const documents = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 5 });
    const gaps = fc.constantFrom('', ' ', '\n', '\r\n\t');
    fc.assert(
      fc.property(documents, gaps, fc.integer({ min: 1, max: 7 }), (values, gap, pieceLength) => {
        const text = values.map((value) => JSON.stringify(value)).join(gap);
        const cutter = new JsonValues();
        const found: unknown[] = [];
        for (let at = 0; at < text.length; at += pieceLength) {
          for (const json of cutter.feed(text.slice(at, at + pieceLength))) {
            found.push(JSON.parse(json));
          }
        }
        expect(found).toEqual(values.map((value) => JSON.parse(JSON.stringify(value)) as unknown));
        expect(cutter.rest.trim()).toBe('');
      }),
    );
  });

  it('keeps what is not whole', () => {
    const cutter = new JsonValues();
    expect([...cutter.feed('{"a":1} {"b":"}')]).toEqual(['{"a":1}']);
    expect(cutter.rest).toBe('{"b":"}');
  });
});

it('tells how deep the deepest value was', () => {
  const cutter = new JsonValues();
  expect(cutter.deepest).toBe(0);
  expect([...cutter.feed('{"a":[[1]]}{}"]]]]]"')]).toHaveLength(2);
  expect(cutter.deepest).toBe(3);
});
