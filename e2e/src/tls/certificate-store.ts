import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { createScratchDirectory, removeScratchDirectory } from '@etcd-ts/testkit';
import { CertificateAuthority, type IssuedCertificate } from '@etcd-ts/tls';

export interface IssueOptions {
  readonly commonName?: string;
  readonly hosts?: readonly string[];
  /** Negative: it has expired. */
  readonly days?: number;
  readonly authority?: CertificateAuthority;
}

/** A directory of certificates, keys, authorities and revocation lists, as operators have them. */
export class CertificateStore {
  readonly directory = createScratchDirectory('certificates');
  readonly authority: CertificateAuthority;

  private constructor(authority: CertificateAuthority) {
    this.authority = authority;
  }

  /** With ca.pem and an empty crl.pem. */
  static async create(): Promise<CertificateStore> {
    const store = new CertificateStore(await CertificateAuthority.create('authority'));
    store.write('ca.pem', store.authority.certificate);
    await store.publishRevocations();
    return store;
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** In place as a whole: whoever reads it meanwhile finds the one before. */
  write(name: string, contents: string): string {
    this.#replace({ [name]: contents });
    return this.path(name);
  }

  /** One right after the other: who looks in between finds a certificate and a key that differ. */
  #replace(files: Readonly<Record<string, string>>): void {
    for (const [name, contents] of Object.entries(files)) {
      writeFileSync(this.#unfinished(name), contents, { mode: 0o600 });
    }
    for (const name of Object.keys(files)) renameSync(this.#unfinished(name), this.path(name));
  }

  #unfinished(name: string): string {
    return this.path(`.${name}`);
  }

  /** NAME.pem and NAME.key, for this machine and with the name as common name if nothing else is said. */
  async issue(name: string, options: IssueOptions = {}): Promise<IssuedCertificate> {
    const { authority = this.authority, ...request } = options;
    const issued = await authority.issue({
      commonName: name,
      hosts: ['127.0.0.1', 'localhost'],
      ...request,
    });
    this.#replace({ [`${name}.pem`]: issued.certificate, [`${name}.key`]: issued.key });
    return issued;
  }

  async revoke(issued: IssuedCertificate): Promise<void> {
    this.authority.revoke(issued);
    await this.publishRevocations();
  }

  async publishRevocations(): Promise<void> {
    this.write('crl.pem', await this.authority.revocationListPem());
  }

  /** What etcdctl takes to show NAME and to trust the authority. */
  etcdctlFlags(name: string): readonly string[] {
    return [
      ...['--cacert', this.path('ca.pem')],
      ...['--cert', this.path(`${name}.pem`), '--key', this.path(`${name}.key`)],
    ];
  }

  curlFlags(name?: string): readonly string[] {
    const shown =
      name === undefined
        ? []
        : ['--cert', this.path(`${name}.pem`), '--key', this.path(`${name}.key`)];
    return [
      '--silent',
      '--show-error',
      '--max-time',
      '5',
      '--cacert',
      this.path('ca.pem'),
      ...shown,
    ];
  }

  /** The flags of a server that shows NAME to clients and asks for their certificates. */
  clientSideFlags(name: string): readonly string[] {
    return [
      ...['--cert-file', this.path(`${name}.pem`), '--key-file', this.path(`${name}.key`)],
      ...['--trusted-ca-file', this.path('ca.pem'), '--client-cert-auth'],
      ...['--client-crl-file', this.path('crl.pem')],
    ];
  }

  /** The flags of a member that shows NAME to others and asks for their certificates. */
  peerSideFlags(name: string): readonly string[] {
    return [
      ...[
        '--peer-cert-file',
        this.path(`${name}.pem`),
        '--peer-key-file',
        this.path(`${name}.key`),
      ],
      ...['--peer-trusted-ca-file', this.path('ca.pem'), '--peer-client-cert-auth'],
      ...['--peer-crl-file', this.path('crl.pem')],
    ];
  }

  remove(): void {
    removeScratchDirectory(this.directory);
  }
}
