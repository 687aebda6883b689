import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TlsPolicy, TransportSecurity } from '@etcd-ts/config';

import { CertificateAuthority } from '../making/certificate-authority.js';
import type { LeafRequest } from '../making/certificate-authority.js';
import type { IssuedCertificate } from '../making/issue-certificate.js';

export const NO_SECURITY: TransportSecurity = {
  certFile: '',
  keyFile: '',
  clientCertFile: '',
  clientKeyFile: '',
  trustedCaFile: '',
  crlFile: '',
  clientCertAuth: false,
  allowedCommonNames: [],
  allowedHostnames: [],
  skipClientSanVerification: false,
  autoTls: false,
};

export const ANY_TLS: TlsPolicy = {
  cipherSuites: [],
  minVersion: 'TLS1.2',
  maxVersion: undefined,
  selfSignedValidityYears: 1,
};

/** A directory with an authority and what it has signed, as files. */
export class TlsDirectory {
  readonly path = mkdtempSync(join(tmpdir(), 'tls-spec-'));
  readonly authority: CertificateAuthority;

  private constructor(authority: CertificateAuthority) {
    this.authority = authority;
    this.write('ca.pem', authority.certificate);
  }

  static async create(): Promise<TlsDirectory> {
    return new TlsDirectory(await CertificateAuthority.create('authority'));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  write(name: string, contents: string | Uint8Array): string {
    writeFileSync(this.file(name), contents, { mode: 0o600 });
    return this.file(name);
  }

  /** NAME.pem and NAME.key; for 127.0.0.1 and localhost unless the request says otherwise. */
  async issue(
    name: string,
    request: LeafRequest = {},
    authority = this.authority,
  ): Promise<IssuedCertificate> {
    const issued = await authority.issue({
      commonName: name,
      hosts: ['127.0.0.1', 'localhost'],
      ...request,
    });
    this.write(`${name}.pem`, issued.certificate);
    this.write(`${name}.key`, issued.key);
    return issued;
  }

  /** The security of a side that shows NAME. */
  security(name: string, more: Partial<TransportSecurity> = {}): TransportSecurity {
    const certFile = this.file(`${name}.pem`);
    return { ...NO_SECURITY, certFile, keyFile: this.file(`${name}.key`), ...more };
  }

  remove(): void {
    rmSync(this.path, { recursive: true });
  }
}
