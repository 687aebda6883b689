import fc from 'fast-check';
import { bytesOf, exactWords, wordOf } from './word-bytes.js';

describe('a word', () => {
  it('stands for the very bytes that were typed, whatever they are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        expect(bytesOf(wordOf(Buffer.from(bytes)))).toEqual(Buffer.from(bytes));
      }),
    );
  });

  it('is the text itself when it is text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(wordOf(Buffer.from(text))).toBe(text);
        expect(bytesOf(text)).toEqual(Buffer.from(text));
      }),
    );
  });
});

describe('the words of a process', () => {
  const line = (...words: readonly Uint8Array[]): Buffer =>
    Buffer.concat(words.flatMap((word) => [word, Buffer.of(0)]));
  const [node, script, put] = ['node', 'main.cjs', 'put'].map((word) => Buffer.from(word));

  it('are taken from the kernel where Node has lost some of them', () => {
    const key = Buffer.of(0x6b, 0xff, 0xc3, 0x28);
    const words = ['put', key.toString(), ''];
    const exact = exactWords(words, () =>
      line(...[node, script, put, key, Buffer.of()].map((word) => word ?? key)),
    );
    expect(exact.map(bytesOf)).toEqual([put, key, Buffer.of()]);
  });

  it('stay as Node has them when it lost none, and where the kernel does not tell', () => {
    const unread = (): Buffer => {
      throw new Error('no /proc');
    };
    expect(exactWords(['get', 'é'], unread)).toEqual(['get', 'é']);
    expect(exactWords(['get', '\ufffd'], unread)).toEqual(['get', '\ufffd']);
  });
});
