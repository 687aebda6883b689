import { once } from 'node:events';
import { request } from 'node:https';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { IncomingMessage } from 'node:http';

import { CertificateAuthority } from './making/certificate-authority.js';
import { RecordingLogger } from './testing/recording-logger.js';
import { ANY_TLS, TlsDirectory } from './testing/tls-directory.js';
import { TlsCredentials } from './tls-credentials.js';
import { connectionOptions } from './tls-dialer.js';
import { tlsSettings } from './tls-settings.js';

let directory: TlsDirectory;
let server: Server | undefined;

beforeEach(async () => {
  directory = await TlsDirectory.create();
  await directory.issue('dialer');
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  directory.remove();
});

/** A server that answers with the common name it was shown. */
async function serve(...issued: Parameters<TlsDirectory['issue']>): Promise<void> {
  const { certificate: cert, key } = await directory.issue(...issued);
  const options = { cert, key, requestCert: true, rejectUnauthorized: false };
  server = createServer(options, ({ socket }, response) => {
    const { subject } = (socket as import('node:tls').TLSSocket).getPeerCertificate();
    response.end(String(subject?.CN));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
}

interface Dialling {
  readonly security?: Parameters<TlsDirectory['security']>[1];
  readonly selfSigned?: boolean;
  readonly serverName?: string;
  readonly host?: string;
}

function credentialsFor({ security, selfSigned = false }: Dialling): TlsCredentials {
  const all = directory.security('dialer', {
    trustedCaFile: directory.file('ca.pem'),
    ...security,
  });
  return new TlsCredentials(tlsSettings(all, ANY_TLS, { selfSigned }), new RecordingLogger());
}

async function dial(
  dialling: Dialling = {},
  credentials = credentialsFor(dialling),
): Promise<string> {
  const { port } = server?.address() as AddressInfo;
  const outgoing = request({
    host: dialling.host ?? '127.0.0.1',
    port,
    agent: false,
    ...connectionOptions(credentials, dialling.serverName),
  }).end();
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
  const [body] = (await once(response.setEncoding('utf8'), 'data')) as [string];
  return body;
}

describe('a member that is dialled', () => {
  it('is shown our certificate, or the one for that', async () => {
    await serve('member');
    expect(await dial()).toBe('dialer');
    await directory.issue('other');
    const files = {
      clientCertFile: directory.file('other.pem'),
      clientKeyFile: directory.file('other.key'),
    };
    expect(await dial({ security: files })).toBe('other');
  });

  it('is refused when its certificate is for another host', async () => {
    await serve('member', { hosts: ['10.9.9.9'] });
    await expect(dial()).rejects.toThrow('x509: certificate is valid for 10.9.9.9, not 127.0.0.1');
  });

  it('is refused when only the common name is that of the host', async () => {
    await serve('localhost', { hosts: [] });
    await expect(dial({ host: 'localhost' })).rejects.toThrow(
      'x509: certificate relies on legacy Common Name field, use SANs instead',
    );
  });

  it('is refused when an authority we do not trust has signed it, or time is over for it', async () => {
    await serve('member', {}, await CertificateAuthority.create('authority'));
    await expect(dial()).rejects.toThrow();
    server?.close();
    await serve('member', { days: -1 });
    await expect(dial()).rejects.toThrow('certificate has expired');
  });

  it('is refused when it has none of the allowed names', async () => {
    await serve('impostor');
    await expect(dial({ security: { allowedCommonNames: ['member'] } })).rejects.toThrow(
      'client certificate authentication failed',
    );
  });

  it('is refused when its certificate is revoked, which the original does not ask', async () => {
    await serve('member');
    directory.authority.revoke(await directory.issue('another'));
    directory.write('crl.pem', await directory.authority.revocationList());
    const credentials = credentialsFor({ security: { crlFile: directory.file('crl.pem') } });
    expect(await dial({}, credentials)).toBe('dialer');
    server?.close();
    const revoked = await directory.authority.issue({ commonName: 'm', hosts: ['127.0.0.1'] });
    server = createServer({ cert: revoked.certificate, key: revoked.key }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    directory.authority.revoke(revoked);
    directory.write('crl.pem', await directory.authority.revocationList());
    await expect(dial({}, credentials)).rejects.toThrow(
      `transport: certificate serial ${revoked.serialNumber} revoked`,
    );
  });

  it('must be for the domain where it was found, whatever its name there', async () => {
    await serve('member', { hosts: ['cluster.example'] });
    expect(await dial({ serverName: 'cluster.example' })).toBe('dialer');
    await expect(dial({ serverName: 'other.example' })).rejects.toThrow(
      'x509: certificate is valid for cluster.example, not other.example',
    );
  });

  it('is anybody when all certificates are self-made', async () => {
    await serve('member', {}, await CertificateAuthority.create('own'));
    expect(await dial({ selfSigned: true, security: { trustedCaFile: '' } })).toBe('dialer');
  });

  it('is verified by the authorities of now', async () => {
    const second = await CertificateAuthority.create('second');
    await serve('member', {}, second);
    const credentials = credentialsFor({});
    await expect(dial({}, credentials)).rejects.toThrow();
    directory.write('ca.pem', second.certificate);
    expect(await dial({}, credentials)).toBe('dialer');
  });
});
