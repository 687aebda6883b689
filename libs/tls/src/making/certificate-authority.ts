import { webcrypto } from 'node:crypto';

import { toPem } from '../pem.js';
import { hashOf, issueCertificate, pkiLibraries } from './issue-certificate.js';
import type { CertificateRequest, IssuedCertificate } from './issue-certificate.js';

const DAY_MS = 24 * 60 * 60 * 1000;

export interface LeafRequest extends Pick<
  CertificateRequest,
  'commonName' | 'hosts' | 'purposes' | 'organization'
> {
  /** Days from now when it ends; negative: it has ended already. */
  readonly days?: number;
  readonly isAuthority?: boolean;
}

/** An authority of one's own, for clusters that are made to be tried: its key is in memory only. */
export class CertificateAuthority {
  readonly #root: IssuedCertificate;
  readonly #revoked: { readonly serialNumber: string; readonly date: Date }[] = [];

  private constructor(root: IssuedCertificate) {
    this.#root = root;
  }

  static async create(commonName: string): Promise<CertificateAuthority> {
    const validity = validFor(1);
    return new CertificateAuthority(
      await issueCertificate({ commonName, isAuthority: true, ...validity }),
    );
  }

  /** PEM. */
  get certificate(): string {
    return this.#root.certificate;
  }

  issue({ days = 1, ...request }: LeafRequest): Promise<IssuedCertificate> {
    return issueCertificate({ ...request, ...validFor(days), issuer: this.#root.signing });
  }

  /** Signed by a certificate of this authority's: of one below it, or of one that may not sign. */
  issueBelow(
    { signing }: Pick<IssuedCertificate, 'signing'>,
    { days = 1, ...request }: LeafRequest,
  ): Promise<IssuedCertificate> {
    return issueCertificate({ ...request, ...validFor(days), issuer: signing });
  }

  revoke({ serialNumber }: Pick<IssuedCertificate, 'serialNumber'>): void {
    this.#revoked.push({ serialNumber, date: new Date() });
  }

  /** The list of what is revoked so far: DER. */
  async revocationList(): Promise<Buffer> {
    const { pki, asn1 } = await pkiLibraries();
    const { certificate, key } = this.#root.signing;
    const list = new pki.CertificateRevocationList();
    list.version = 1;
    list.issuer = pki.Certificate.fromBER(Buffer.from(certificate)).subject;
    list.thisUpdate = new pki.Time({ type: 0, value: new Date() });
    list.nextUpdate = new pki.Time({ type: 0, value: new Date(Date.now() + DAY_MS) });
    list.revokedCertificates = this.#revoked.map(
      ({ serialNumber, date }) =>
        new pki.RevokedCertificate({
          userCertificate: new asn1.Integer({ valueHex: Buffer.from(serialNumber, 'hex') }),
          revocationDate: new pki.Time({ type: 0, value: date }),
        }),
    );
    const engine = new pki.CryptoEngine({ name: 'node', crypto: webcrypto });
    await list.sign(key, hashOf(key), engine);
    return Buffer.from(list.toSchema(true).toBER());
  }

  /** The same as PEM. */
  async revocationListPem(): Promise<string> {
    return toPem('X509 CRL', await this.revocationList());
  }
}

function validFor(days: number): Pick<CertificateRequest, 'notBefore' | 'notAfter'> {
  const now = Date.now();
  // Back by a minute at least: the clock of another machine may be behind.
  const notBefore = new Date(Math.min(now, now + (days - 1) * DAY_MS) - 60_000);
  return { notBefore, notAfter: new Date(now + days * DAY_MS) };
}
