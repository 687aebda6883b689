import fc from 'fast-check';

import { CertificateAuthority } from './making/certificate-authority.js';
import { normalSerial, readRevocations } from './revocations.js';
import { TlsFileError } from './tls-file-error.js';

const read = (bytes: Uint8Array | string) =>
  readRevocations('crl.pem', () => Buffer.from(bytes as Uint8Array));

async function authority(...serials: readonly string[]): Promise<CertificateAuthority> {
  const made = await CertificateAuthority.create('authority');
  for (const serialNumber of serials) made.revoke({ serialNumber });
  return made;
}

describe('a list of revocations', () => {
  it('names the serial numbers it was made with, as DER and as PEM', async () => {
    const made = await authority('7f01', '4a');
    expect([...read(await made.revocationList())]).toEqual(['7f01', '4a']);
    expect([...read(await made.revocationListPem())]).toEqual(['7f01', '4a']);
  });

  it('may be empty', async () => {
    expect(read(await (await authority()).revocationList()).size).toBe(0);
  });

  it('of each authority counts when one file has several', async () => {
    const texts = [await authority('11'), await authority('22')].map((made) =>
      made.revocationListPem(),
    );
    expect([...read((await Promise.all(texts)).join('\n'))]).toEqual(['11', '22']);
  });

  it.each([
    ['nothing', ''],
    ['text', 'no list'],
    ['a list that is none', '-----BEGIN X509 CRL-----\nMAA=\n-----END X509 CRL-----\n'],
  ])('is refused when the file holds %s', (_, text) => {
    expect(() => read(text)).toThrow(new TlsFileError('x509: malformed crl (crl.pem)'));
  });

  it('that is damaged is read or refused, never more', async () => {
    const list = await (await authority('7f01', '4a')).revocationList();
    fc.assert(
      fc.property(fc.nat(list.length - 1), fc.nat(255), (at, byte) => {
        const damaged = Buffer.from(list);
        damaged[at] = byte;
        try {
          read(damaged);
        } catch (error) {
          expect(error).toBeInstanceOf(TlsFileError);
        }
      }),
      { numRuns: 500 },
    );
    for (let length = 0; length < list.length; length++) {
      expect(() => read(list.subarray(0, length))).toThrow(TlsFileError);
    }
  });
});

test('serial numbers compare whatever wrote them', () => {
  expect(normalSerial('00AB')).toBe('ab');
  expect(normalSerial('0')).toBe('0');
  expect(normalSerial('000')).toBe('0');
});
