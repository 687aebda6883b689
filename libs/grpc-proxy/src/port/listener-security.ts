import { join } from 'node:path';
import { LimitedLog } from '@etcd-ts/credentials';
import type { Clock, Logger } from '@etcd-ts/foundation';
import type { ClientPortAddress } from '@etcd-ts/rpc';
import {
  adviseOnKeyFiles,
  selfSignedCertificate,
  TlsAcceptor,
  TlsCredentials,
  tlsSettings,
} from '@etcd-ts/tls';
import type { GrpcProxyConfig } from '../config.js';

export type Secure = NonNullable<ClientPortAddress['secure']>;

/**
 * What stands before the proxy's servers; undefined: connections are plain. Whom a certificate names
 * goes no further: to the cluster the proxy is who calls, and users need tokens. Rejects with
 * TlsFileError.
 */
export async function listenerSecurity(
  config: GrpcProxyConfig,
  { logger, clock }: { readonly logger: Logger; readonly clock: Clock },
): Promise<Secure | undefined> {
  const { security, tlsPolicy } = config;
  const isAuto = security.autoTls && security.certFile === '' && security.keyFile === '';
  if (!isAuto && security.certFile === '' && security.keyFile === '') return undefined;
  const files = isAuto ? await ownCertificate(config, logger, clock) : {};
  const settings = tlsSettings({ ...security, ...files }, tlsPolicy, { selfSigned: isAuto });
  const credentials = new TlsCredentials(settings, logger);
  adviseOnKeyFiles(settings, logger);
  const options = {
    credentials,
    protocols: ['http/1.1', 'h2'],
    rejection: 'rejected connection on proxy endpoint',
    log: new LimitedLog(clock, logger),
    clock,
  };
  return (admit) => new TlsAcceptor(options, (socket) => admit(socket, {}));
}

async function ownCertificate(
  { dataDir, listen, tlsPolicy }: GrpcProxyConfig,
  logger: Logger,
  clock: Clock,
): Promise<{ certFile: string; keyFile: string }> {
  const { certificateFile, keyFile } = await selfSignedCertificate({
    directory: join(dataDir, 'fixtures', 'proxy'),
    hosts: listen.host === '' ? [] : [listen.host],
    validityYears: tlsPolicy.selfSignedValidityYears,
    clock,
    logger,
  });
  return { certFile: certificateFile, keyFile };
}
