import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import type { EndpointUrl, ServerConfig, TransportSecurity } from '@etcd-ts/config';
import { LimitedLog } from '@etcd-ts/credentials';
import type { Clock, Logger } from '@etcd-ts/foundation';
import type { ClientPortAddress, ServedProtocols } from '@etcd-ts/rpc';
import {
  adviseOnKeyFiles,
  connectionOptions,
  selfSignedCertificate,
  TlsAcceptor,
  TlsCredentials,
  TlsFileError,
  tlsSettings,
} from '@etcd-ts/tls';

export interface SecurityParts {
  readonly logger: Logger;
  readonly clock: Clock;
}

type Side = 'client' | 'peer';

/**
 * h2 first, as the original: a proxy that offers both and is given HTTP/1.1 could not pass on gRPC.
 * Browsers and curl get it as well, and their pages over it.
 */
const PROTOCOLS: Readonly<Record<ServedProtocols, readonly string[]>> = {
  all: ['h2', 'http/1.1'],
  grpc: ['h2'],
  http: ['http/1.1'],
};

/** The TLS of a node: what its ports and its connections to other members are made with. */
export class NodeSecurity {
  readonly #config: ServerConfig;
  readonly #parts: SecurityParts;
  readonly #credentials: Readonly<Record<Side, TlsCredentials | undefined>>;
  readonly #logs: Readonly<Record<Side, LimitedLog>>;

  private constructor(
    config: ServerConfig,
    parts: SecurityParts,
    credentials: Readonly<Record<Side, TlsCredentials | undefined>>,
  ) {
    this.#config = config;
    this.#parts = parts;
    this.#credentials = credentials;
    // One for each: a flood at the door of the clients must not hide an impostor among the members.
    this.#logs = {
      client: new LimitedLog(parts.clock, parts.logger),
      peer: new LimitedLog(parts.clock, parts.logger),
    };
  }

  /** Reads all files, and makes those of auto-tls. Rejects with TlsFileError. */
  static async open(config: ServerConfig, parts: SecurityParts): Promise<NodeSecurity> {
    const client = await openSide('client', config, parts);
    const peer = await openSide('peer', config, parts);
    return new NodeSecurity(config, parts, { client, peer });
  }

  /** What a listener on the URL needs; nothing for one without TLS. Throws TlsFileError. */
  listenerFor(
    side: Side,
    url: EndpointUrl,
    serve: ServedProtocols,
  ): Pick<ClientPortAddress, 'secure'> {
    if (!usesTls(url)) {
      this.#adviseOnPlainUrl(side, url);
      return {};
    }
    const credentials = this.#credentials[side];
    // Flags are checked for this long before, a configuration that a program has made is not: it must
    // not end as a plain port where TLS was asked for.
    if (credentials?.settings.served === undefined) {
      throw new TlsFileError(
        `cannot listen on TLS for ${url.text}: KeyFile and CertFile are not presented`,
      );
    }
    const namesClient = side === 'client' && this.#config.clientSecurity.clientCertAuth;
    const options = {
      credentials,
      protocols: PROTOCOLS[serve],
      rejection: `rejected connection on ${side} endpoint`,
      log: this.#logs[side],
      clock: this.#parts.clock,
    };
    return {
      secure: (admit) =>
        new TlsAcceptor(options, (socket, { commonName }) => {
          admit(socket, { peerCertificateCommonName: namesClient ? commonName : undefined });
        }),
    };
  }

  /** What a connection to another member needs beside its URL. */
  readonly peerConnection = (): ConnectionOptions => {
    const { peer } = this.#credentials;
    if (peer === undefined) return {};
    const { discovery, peerSecurity } = this.#config;
    // Members found in a domain have certificates for it: their own names come from DNS as well,
    // where whoever answers could put in his own.
    const inDomain = discovery?.kind === 'srv' && peerSecurity.trustedCaFile === '';
    return connectionOptions(peer, inDomain ? discovery.domain : undefined);
  };

  #adviseOnPlainUrl(side: Side, { text }: EndpointUrl): void {
    const { clientSecurity, peerSecurity } = this.#config;
    const { certFile, clientCertAuth } = side === 'client' ? clientSecurity : peerSecurity;
    const fields = { [`${side}-url`]: text };
    const { logger } = this.#parts;
    if (certFile !== '') {
      const message =
        'scheme is HTTP while key and cert files are present; ignoring key and cert files';
      logger.warn(message, fields);
    }
    if (clientCertAuth) {
      const flag = side === 'client' ? '--client-cert-auth' : '--peer-client-cert-auth';
      logger.warn(
        `scheme is HTTP while ${flag} is enabled; ignoring client cert auth for this URL`,
        fields,
      );
    }
  }
}

export const usesTls = ({ scheme }: EndpointUrl): boolean =>
  scheme === 'https' || scheme === 'unixs';

async function openSide(
  side: Side,
  config: ServerConfig,
  { logger, clock }: SecurityParts,
): Promise<TlsCredentials | undefined> {
  const given = side === 'client' ? config.clientSecurity : config.peerSecurity;
  const isAuto = given.autoTls && given.certFile === '' && given.keyFile === '';
  if (given.autoTls && !isAuto) logger.warn(`ignoring ${side} auto TLS since certs given`);
  if (!isAuto && isEmpty(given)) return undefined;
  const security = isAuto
    ? await withOwnCertificate(side, config, given, { logger, clock })
    : given;
  const settings = tlsSettings(security, config.tls, { selfSigned: isAuto });
  logger.info(`starting with ${side} TLS`, {
    'tls-info': describe(security),
    'cipher-suites': config.tls.cipherSuites,
  });
  const credentials = new TlsCredentials(settings, logger);
  adviseOnKeyFiles(settings, logger);
  return credentials;
}

async function withOwnCertificate(
  side: Side,
  config: ServerConfig,
  security: TransportSecurity,
  { logger, clock }: SecurityParts,
): Promise<TransportSecurity> {
  const urls =
    side === 'client'
      ? [...config.listenClientUrls, ...config.listenClientHttpUrls]
      : config.listenPeerUrls;
  const { certificateFile, keyFile } = await selfSignedCertificate({
    directory: join(config.dataDir, 'fixtures', side),
    hosts: [...new Set(urls.map(({ hostname }) => hostname).filter((name) => name !== ''))],
    validityYears: config.tls.selfSignedValidityYears,
    clock,
    logger,
  });
  return { ...security, certFile: certificateFile, keyFile };
}

function isEmpty(security: TransportSecurity): boolean {
  const { certFile, keyFile, clientCertFile, clientKeyFile, trustedCaFile, crlFile } = security;
  return [certFile, keyFile, clientCertFile, clientKeyFile, trustedCaFile, crlFile].every(
    (file) => file === '',
  );
}

const describe = ({
  certFile,
  keyFile,
  clientCertFile,
  clientKeyFile,
  trustedCaFile,
  clientCertAuth,
  crlFile,
}: TransportSecurity): string =>
  `cert = ${certFile}, key = ${keyFile}, client-cert=${clientCertFile}, client-key=${clientKeyFile}, trusted-ca = ${trustedCaFile}, client-cert-auth = ${clientCertAuth}, crl-file = ${crlFile}`;
