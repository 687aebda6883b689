import { RecordingLogger } from './recording-logger.js';
import { SecuredPort } from './secured-port.js';
import { ANY_TLS, TlsDirectory } from './tls-directory.js';
import type { ConnectionOptions } from 'node:tls';
import type { TlsAcceptorOptions } from '../tls-acceptor.js';
import { TlsCredentials } from '../tls-credentials.js';
import { tlsSettings } from '../tls-settings.js';

export interface PortSetup {
  readonly security?: Parameters<TlsDirectory['security']>[1];
  readonly policy?: Partial<typeof ANY_TLS>;
  readonly acceptor?: Partial<TlsAcceptorOptions>;
  /** Of a unix socket. */
  readonly path?: string;
}

/** A directory with a certificate for a server, and the port that shows it. */
export class AcceptorScene {
  readonly directory: TlsDirectory;
  #port: SecuredPort | undefined;

  private constructor(directory: TlsDirectory) {
    this.directory = directory;
  }

  static async create(): Promise<AcceptorScene> {
    const directory = await TlsDirectory.create();
    await directory.issue('server');
    return new AcceptorScene(directory);
  }

  get port(): SecuredPort {
    if (this.#port === undefined) throw new Error('nothing listens');
    return this.#port;
  }

  /** Closes the port of before. */
  async listen({ security, policy, acceptor, path }: PortSetup = {}): Promise<void> {
    await this.#port?.close();
    const settings = tlsSettings(
      this.directory.security('server', security),
      { ...ANY_TLS, ...policy },
      { selfSigned: false },
    );
    this.#port = new SecuredPort(new TlsCredentials(settings, new RecordingLogger()), acceptor);
    await this.#port.listen(path);
  }

  /** What asks for certificates of our authority. */
  mutual(more: PortSetup['security'] = {}): PortSetup {
    return {
      security: { clientCertAuth: true, trustedCaFile: this.directory.file('ca.pem'), ...more },
    };
  }

  /** A new certificate, as a client shows it. */
  async shown(...request: Parameters<TlsDirectory['issue']>): Promise<ConnectionOptions> {
    const { certificate, key } = await this.directory.issue(...request);
    return { cert: certificate, key };
  }

  async dispose(): Promise<void> {
    await this.#port?.close();
    this.directory.remove();
  }
}
