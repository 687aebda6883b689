import { isIP } from 'node:net';
import { connect, createSecureContext } from 'node:tls';
import type { SecureContextOptions, TLSSocket } from 'node:tls';
import { ChannelCredentials, credentials } from '@grpc/grpc-js';

type Connector = ReturnType<ChannelCredentials['_createSecureConnector']>;
type Connected = Awaited<ReturnType<Connector['connect']>>;
type Dial = Parameters<ChannelCredentials['_createSecureConnector']>;

/** The IP address of `host:port`, without brackets; undefined for a name. */
export function addressHostOf(address: string): string | undefined {
  const host = address.replace(/:\d+$/u, '').replace(/^\[|\]$/gu, '');
  return isIP(host) === 0 ? undefined : host;
}

/**
 * TLS to an IP address. The certificate must be for the address; it is not sent as a server name,
 * which RFC 6066 section 3 forbids. grpc-js does send it, and node complains of that on standard error.
 */
export class AddressCredentials extends ChannelCredentials {
  readonly #host: string;
  readonly #secure: SecureContextOptions & { readonly rejectUnauthorized: boolean };

  constructor(
    host: string,
    secure: SecureContextOptions & { readonly rejectUnauthorized: boolean },
  ) {
    super();
    this.#host = host;
    this.#secure = secure;
  }

  override _isSecure(): boolean {
    return true;
  }

  override _equals(other: ChannelCredentials): boolean {
    return this === other;
  }

  override _createSecureConnector(...[, , callCredentials]: Dial): Connector {
    const { rejectUnauthorized, ...files } = this.#secure;
    const secureContext = createSecureContext(files);
    return {
      connect: (socket) =>
        new Promise<Connected>((resolve, reject) => {
          const secured: TLSSocket = connect(
            {
              ...{ socket, host: this.#host, secureContext, rejectUnauthorized },
              ALPNProtocols: ['h2'],
            },
            () => resolve({ socket: secured, secure: true }),
          );
          secured.on('error', reject);
        }),
      waitForReady: () => Promise.resolve(),
      getCallCredentials: () => callCredentials ?? credentials.createEmpty(),
      destroy: () => undefined,
    };
  }
}
