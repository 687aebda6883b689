import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate } from 'node:tls';

import { addressFault } from './address-check.js';
import type { NameLookup } from './address-check.js';
import { altNames, commonName, hostFault, revocationFault } from './certificate-check.js';
import { CertificateAuthority } from './making/certificate-authority.js';

let authority: CertificateAuthority;
beforeAll(async () => {
  authority = await CertificateAuthority.create('authority');
});

const certificateFor = async (...hosts: readonly string[]): Promise<X509Certificate> =>
  new X509Certificate((await authority.issue({ commonName: 'me', hosts })).certificate);

describe('the common name', () => {
  const nameIn = (subject: object): string =>
    commonName({ subject } as Parameters<typeof commonName>[0]);

  it('is the last one, as Go has it, and empty where there is none', () => {
    expect(nameIn({ CN: 'root' })).toBe('root');
    expect(nameIn({ CN: ['first', 'last'] })).toBe('last');
    expect(nameIn({ O: 'etcd' })).toBe('');
    expect(nameIn(Object.assign(Object.create({ CN: 'inherited' }) as object, { O: 'x' }))).toBe(
      '',
    );
  });
});

describe('a host that was dialled', () => {
  it.each([
    ['10.1.2.3', ['10.1.2.3'], undefined],
    ['::1', ['0:0:0:0:0:0:0:1'], undefined],
    ['fe80::1:2', ['fe80::1:2'], undefined],
    ['a.example', ['b.example', 'a.example'], undefined],
    ['x.a.example', ['*.a.example'], undefined],
    [
      'x.y.a.example',
      ['*.a.example'],
      'x509: certificate is valid for *.a.example, not x.y.a.example',
    ],
    ['10.1.2.4', ['10.1.2.3'], 'x509: certificate is valid for 10.1.2.3, not 10.1.2.4'],
    [
      '10.1.2.3',
      ['a.example'],
      "x509: cannot validate certificate for 10.1.2.3 because it doesn't contain any IP SANs",
    ],
    ['me', [], 'x509: certificate relies on legacy Common Name field, use SANs instead'],
  ])('%s, with a certificate for %j: %s', async (host, hosts, fault) => {
    expect(hostFault(await certificateFor(...hosts), host)).toBe(fault);
  });
});

describe('the address a member connects from', () => {
  const names: NameLookup = {
    namesOf: (address) =>
      address === '10.0.0.1'
        ? Promise.resolve(['one.example', 'x.wild.example'])
        : Promise.reject(new Error('NXDOMAIN')),
    addressesOf: (name) =>
      name === 'two.example' ? Promise.resolve(['10.0.0.2', '10.0.0.22']) : Promise.resolve([]),
  };

  it.each([
    ['nothing', [], '10.9.9.9', undefined],
    ['the address', ['10.9.9.9'], '10.9.9.9', undefined],
    ['a name DNS has for the address', ['one.example'], '10.0.0.1', undefined],
    ['a wildcard over such a name', ['*.wild.example'], '10.0.0.1', undefined],
    ['a name DNS has the address for', ['two.example'], '10.0.0.22', undefined],
    ['another address, but a fitting name', ['10.9.9.9', 'two.example'], '10.0.0.2', undefined],
    [
      'another address',
      ['10.9.9.9'],
      '10.0.0.1',
      'x509: certificate is valid for 10.9.9.9, not 10.0.0.1',
    ],
    [
      'another name',
      ['one.example'],
      '10.0.0.2',
      'tls: "10.0.0.2" does not match any of DNSNames ["one.example"] (NXDOMAIN)',
    ],
    [
      'a wildcard as a name',
      ['*.two.example'],
      '10.0.0.1',
      'tls: "10.0.0.1" does not match any of DNSNames ["*.two.example"]',
    ],
  ])('fits a certificate for %s or not', async (_, hosts, address, fault) => {
    expect(await addressFault(await certificateFor(...hosts), address, names)).toBe(fault);
  });

  it('is not taken for that of a certificate without names when the names need quoting', async () => {
    const odd = await certificateFor('a, IP Address:10.0.0.2');
    expect(altNames(odd)).toEqual({ addresses: [], hosts: [odd.subjectAltName] });
    expect(await addressFault(odd, '10.0.0.2', names)).toMatch(/does not match any of DNSNames/u);
  });
});

describe('revocation', () => {
  const chain = (...serials: readonly string[]): DetailedPeerCertificate => {
    const [serialNumber = '', ...above] = serials;
    const certificate = { serialNumber } as DetailedPeerCertificate;
    // A self-signed certificate is its own issuer.
    certificate.issuerCertificate = above.length === 0 ? certificate : chain(...above);
    return certificate;
  };
  const revoked = { kind: 'known', serials: new Set(['ab']) } as const;

  it('of any certificate of the chain counts', () => {
    const fault = 'transport: certificate serial ab revoked';
    expect(revocationFault(chain('00AB', '02', '01'), revoked)).toBe(fault);
    expect(revocationFault(chain('03', 'AB', '01'), revoked)).toBe(fault);
    expect(revocationFault(chain('03', '02', 'ab'), revoked)).toBe(fault);
    expect(revocationFault(chain('AB01', '02', '01'), revoked)).toBeUndefined();
  });

  it('that is not known is as good as revoked', () => {
    const unknown = { kind: 'unknown', reason: 'open crl.pem: no such file or directory' } as const;
    expect(revocationFault(chain('03', '01'), unknown)).toBe(unknown.reason);
  });
});
