import fc from 'fast-check';
import { METHODS } from 'node:http';
import { MAX_SNIFF_BYTES, sniffProtocol } from './protocol-sniffer.js';

const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');

describe('the protocol of a connection', () => {
  it('is HTTP/2 from the moment its preface cannot be HTTP/1 any more', () => {
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
    for (let length = 0; length <= preface.length; length++) {
      const expected = length < 16 ? 'undecided' : 'http2';
      expect(sniffProtocol(ascii(preface.slice(0, length)))).toBe(expected);
    }
  });

  it.each(METHODS)('is HTTP/1 for %s once the blank after the method has come', (method) => {
    for (let length = 0; length <= method.length; length++) {
      expect(sniffProtocol(ascii(method.slice(0, length)))).toBe('undecided');
    }
    expect(sniffProtocol(ascii(`${method} `))).toBe('http1');
  });

  it('is HTTP/1 even for a request that begins like the preface', () => {
    expect(sniffProtocol(ascii('PRI /x HTTP/1.1'))).toBe('http1');
  });

  it.each(['\0', ' ', 'get / HTTP/1.1', '\x16\x03\x01', `${'A'.repeat(25)} /`, 'GET\t/'])(
    'is neither for %j',
    (text) => expect(sniffProtocol(ascii(text))).toBe('neither'),
  );

  it('is decided by its first bytes, whatever follows, and never taken back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ maxLength: 40 }), (a, b) => {
        const early = sniffProtocol(a);
        if (early !== 'undecided') expect(sniffProtocol(Buffer.concat([a, b]))).toBe(early);
      }),
    );
  });

  it('is decided within the limit', () => {
    const methodLike = fc
      .stringMatching(/^[A-Z* /.0-9\r\n-]*$/, { size: 'large' })
      .map((text) => ascii(text.padEnd(MAX_SNIFF_BYTES, 'A')));
    fc.assert(
      fc.property(methodLike, (bytes) => {
        expect(sniffProtocol(bytes.subarray(0, MAX_SNIFF_BYTES))).not.toBe('undecided');
      }),
    );
  });
});
