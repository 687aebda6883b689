import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import type { Socket } from 'node:net';
import { connect } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';

import { MAX_HANDSHAKES } from './handshake-queue.js';
import { CertificateAuthority } from './making/certificate-authority.js';
import { RecordingLogger } from './testing/recording-logger.js';
import { closed, SecuredPort } from './testing/secured-port.js';
import { ANY_TLS, TlsDirectory } from './testing/tls-directory.js';
import type { TlsAcceptorOptions } from './tls-acceptor.js';
import { TlsCredentials } from './tls-credentials.js';
import { tlsSettings } from './tls-settings.js';

let directory: TlsDirectory;
let port: SecuredPort;

beforeEach(async () => {
  directory = await TlsDirectory.create();
  await directory.issue('server');
});
afterEach(async () => {
  await port.close();
  directory.remove();
});

interface Setup {
  readonly security?: Parameters<TlsDirectory['security']>[1];
  readonly policy?: Partial<typeof ANY_TLS>;
  readonly acceptor?: Partial<TlsAcceptorOptions>;
  readonly path?: string;
}

async function listen({ security, policy, acceptor, path }: Setup = {}): Promise<void> {
  const settings = tlsSettings(
    directory.security('server', security),
    { ...ANY_TLS, ...policy },
    { selfSigned: false },
  );
  port = new SecuredPort(new TlsCredentials(settings, new RecordingLogger()), acceptor);
  await port.listen(path);
}

/** What asks for certificates of our authority. */
const mutual = (more: Setup['security'] = {}): Setup => ({
  security: { clientCertAuth: true, trustedCaFile: directory.file('ca.pem'), ...more },
});

async function shown(...request: Parameters<TlsDirectory['issue']>): Promise<ConnectionOptions> {
  const { certificate, key } = await directory.issue(...request);
  return { cert: certificate, key };
}

describe('a port with TLS', () => {
  it('lets anybody in while it asks for no certificate', async () => {
    await listen();
    expect(await port.visit()).toMatchObject({ greeting: 'hello stranger' });
    expect(await port.visit(await shown('alice'))).toMatchObject({ greeting: 'hello stranger' });
  });

  it('knows whom it lets in by the common name in the certificate', async () => {
    await listen(mutual());
    expect(await port.visit(await shown('alice'))).toMatchObject({ greeting: 'hello alice' });
    expect(port.rejections).toEqual([]);
  });

  it('asks for certificates when it is only told whom to trust, as etcd does', async () => {
    await listen(mutual({ clientCertAuth: false }));
    expect(await port.visit()).toMatchObject({ greeting: '' });
    expect(await port.visit(await shown('alice'))).toMatchObject({ greeting: 'hello alice' });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
    await listen(mutual());
    const options = { ...(await shown('alice')), minVersion: version, maxVersion: version };
    expect(await port.visit(options)).toMatchObject({ greeting: 'hello alice', version });
  });

  it('speaks no version outside those allowed', async () => {
    await listen({ policy: { minVersion: 'TLS1.3' } });
    expect(await port.visit({ maxVersion: 'TLSv1.2' })).toMatchObject({ greeting: '' });
    await port.close();
    await listen({ policy: { maxVersion: 'TLS1.2' } });
    expect(await port.visit({ minVersion: 'TLSv1.3' })).toMatchObject({ greeting: '' });
    expect(port.rejections).toEqual(['tls: client offered only unsupported versions']);
    expect(await port.visit()).toMatchObject({ version: 'TLSv1.2' });
  });

  it('speaks only the cipher suites allowed, in TLS 1.2', async () => {
    await listen({ policy: { cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'] } });
    const tls12 = { maxVersion: 'TLSv1.2' } as const;
    const refused = await port.visit({ ...tls12, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' });
    expect(refused).toMatchObject({ greeting: '' });
    expect(port.rejections).toEqual(['tls: no cipher suite supported by both client and server']);
    expect(await port.visit(tls12)).toMatchObject({ greeting: 'hello stranger' });
    expect(await port.visit()).toMatchObject({ version: 'TLSv1.3' });
  });

  it.each([
    [['h2'], 'h2'],
    [['h2', 'http/1.1'], 'http/1.1'],
    [['http/1.1'], 'http/1.1'],
    [[], false],
  ])('agrees with a client that speaks %j on %j', async (ALPNProtocols, protocol) => {
    await listen();
    expect(await port.visit({ ALPNProtocols })).toMatchObject({
      greeting: 'hello stranger',
      protocol,
    });
  });

  it('turns away who speaks nothing it knows', async () => {
    await listen();
    expect(await port.visit({ ALPNProtocols: ['spdy/3'] })).toMatchObject({ greeting: '' });
    expect(port.rejections).toEqual(['tls: client requested unsupported application protocols']);
  });

  it('may be a unix socket', async () => {
    const path = directory.file('socket');
    await listen({ ...mutual(), path });
    const options = { ...(await shown('alice', { hosts: ['10.9.9.9'] })), path };
    expect(await port.visit(options)).toMatchObject({ greeting: 'hello alice' });
    await port.visit({ path });
    expect(port.log.lines[0]?.fields).toMatchObject({
      'remote-addr': '@',
      error: "tls: client didn't provide a certificate",
    });
  });
});

describe('who is turned away, with a line in the log', () => {
  const refused = async (options: ConnectionOptions, error: RegExp | string): Promise<void> => {
    expect(await port.visit(options)).toMatchObject({ greeting: '' });
    expect(port.rejections).toEqual([
      typeof error === 'string' ? error : expect.stringMatching(error),
    ]);
  };

  it('without a certificate', async () => {
    await listen(mutual());
    await refused({}, "tls: client didn't provide a certificate");
  });

  it('with a certificate of another authority, even of the same name', async () => {
    await listen(mutual());
    const impostor = await CertificateAuthority.create('authority');
    await refused(
      await shown('alice', {}, impostor),
      'tls: failed to verify client certificate: x509: certificate signed by unknown authority',
    );
  });

  it('with a certificate it has signed itself', async () => {
    await listen(mutual());
    const own = await CertificateAuthority.create('alice');
    await refused(
      await shown('alice', {}, own),
      'tls: failed to verify client certificate: x509: certificate signed by unknown authority',
    );
  });

  it('with an expired certificate', async () => {
    await listen(mutual());
    await refused(
      await shown('alice', { days: -1 }),
      /^tls: failed to verify client certificate: x509: certificate has expired or is not yet valid: current time \S+Z is after \S+Z$/u,
    );
  });

  it('with a certificate for servers', async () => {
    await listen(mutual());
    await refused(
      await shown('alice', { purposes: ['server'] }),
      'tls: failed to verify client certificate: x509: certificate specifies an incompatible key usage',
    );
  });

  it('with a certificate that a certificate which is no authority has signed', async () => {
    await listen(mutual());
    const leaf = await directory.authority.issue({ commonName: 'leaf' });
    const signed = await directory.authority.issueBelow(leaf, { commonName: 'root' });
    await refused(
      { cert: signed.certificate + leaf.certificate, key: signed.key },
      /^tls: failed to verify client certificate: x509: /u,
    );
  });

  it('with a revoked certificate', async () => {
    const alice = await directory.issue('alice');
    directory.authority.revoke(alice);
    directory.write('crl.pem', await directory.authority.revocationListPem());
    await listen(mutual({ crlFile: directory.file('crl.pem') }));
    await refused(
      { cert: alice.certificate, key: alice.key },
      `transport: certificate serial ${alice.serialNumber} revoked`,
    );
    expect(await port.visit(await shown('bob'))).toMatchObject({ greeting: 'hello bob' });
  });

  it('with a common name that is not allowed', async () => {
    await listen(mutual({ allowedCommonNames: ['etcd', 'member'] }));
    await refused(await shown('alice'), 'client certificate authentication failed');
    expect(await port.visit(await shown('member'))).toMatchObject({ greeting: 'hello member' });
  });

  it('without a host name that is allowed', async () => {
    await listen(
      mutual({ allowedHostnames: ['a.x.example', '127.0.0.1'], skipClientSanVerification: true }),
    );
    await refused(
      await shown('a.x.example', { hosts: ['b.x.example'] }),
      'client certificate authentication failed',
    );
    for (const hosts of [['a.x.example'], ['*.x.example'], ['127.0.0.1']]) {
      expect(await port.visit(await shown('alice', { hosts }))).toMatchObject({
        greeting: 'hello alice',
      });
    }
  });

  it('with a certificate for another address, unless that is not verified', async () => {
    await listen(mutual());
    const elsewhere = await shown('alice', { hosts: ['10.9.9.9'] });
    await refused(elsewhere, 'x509: certificate is valid for 10.9.9.9, not 127.0.0.1');
    expect(port.log.lines[0]?.fields).toMatchObject({
      'ip-addresses': ['10.9.9.9'],
      'dns-names': [],
    });
    await port.close();
    await listen(mutual({ skipClientSanVerification: true }));
    expect(await port.visit(elsewhere)).toMatchObject({ greeting: 'hello alice' });
  });

  it('with plain HTTP, or with garbage', async () => {
    await listen();
    for (const text of [
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '\0'.repeat(1000),
    ]) {
      const socket = connectPlain(port.port, '127.0.0.1');
      socket.on('error', () => undefined).write(text);
      socket.resume();
      await closed(socket);
    }
    expect(port.rejections).toEqual(
      Array(3).fill('tls: first record does not look like a TLS handshake'),
    );
  });

  it('by name and address', async () => {
    await listen(mutual());
    const socket = connect({
      port: port.port,
      host: '127.0.0.1',
      servername: 'some.example',
      rejectUnauthorized: false,
    });
    const local = once(socket, 'connect').then(() => `127.0.0.1:${socket.localPort}`);
    socket.on('error', () => undefined);
    await closed(socket);
    expect(port.log.lines).toEqual([
      {
        level: 'warn',
        message: 'rejected connection',
        fields: {
          'remote-addr': await local,
          'server-name': 'some.example',
          error: "tls: client didn't provide a certificate",
        },
      },
    ]);
  });
});

describe('files that change', () => {
  it('count for the next connection: another certificate', async () => {
    await listen();
    const seen = async (): Promise<string> => {
      const socket = connect({ port: port.port, host: '127.0.0.1', rejectUnauthorized: false });
      await once(socket, 'secureConnect');
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber.toLowerCase();
    };
    await seen();
    const { serialNumber } = await directory.issue('server');
    expect(await seen()).toBe(serialNumber);
  });

  it('count for the next connection: other authorities', async () => {
    await listen(mutual());
    const [old, second] = [await shown('old'), await CertificateAuthority.create('second')];
    const next = await shown('next', {}, second);
    expect(await port.visit(next)).toMatchObject({ greeting: '' });
    directory.write('ca.pem', directory.authority.certificate + second.certificate);
    expect(await port.visit(next)).toMatchObject({ greeting: 'hello next' });
    expect(await port.visit(old)).toMatchObject({ greeting: 'hello old' });
    directory.write('ca.pem', second.certificate);
    expect(await port.visit(next)).toMatchObject({ greeting: 'hello next' });
    expect(await port.visit(old)).toMatchObject({ greeting: '' });
  });

  it('count for the next connection: a revocation', async () => {
    directory.write('crl.pem', await directory.authority.revocationListPem());
    await listen(mutual({ crlFile: directory.file('crl.pem') }));
    const alice = await directory.issue('alice');
    const options = { cert: alice.certificate, key: alice.key };
    expect(await port.visit(options)).toMatchObject({ greeting: 'hello alice' });
    directory.authority.revoke(alice);
    directory.write('crl.pem', await directory.authority.revocationListPem());
    expect(await port.visit(options)).toMatchObject({ greeting: '' });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'are not escaped by resuming a session of before, with %s',
    async (version) => {
      await listen(mutual());
      const options = { ...(await shown('alice')), minVersion: version, maxVersion: version };
      const socket = connect({
        port: port.port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        ...options,
      });
      const sessions: Buffer[] = [];
      socket.on('session', (session) => sessions.push(session)).resume();
      await closed(socket);
      const last = sessions.at(-1) ?? socket.getSession();
      const resumed = await port.visit({ ...options, ...(last && { session: last }) });
      expect(resumed).toMatchObject({ greeting: 'hello alice', resumed: false });
    },
  );
});

describe('clients who say nothing', () => {
  const idle: Socket[] = [];
  afterEach(() => {
    for (const socket of idle.splice(0)) socket.destroy();
  });

  async function say(nothing: number): Promise<void> {
    for (let count = 0; count < nothing; count++) {
      const socket = connectPlain(port.port, '127.0.0.1');
      socket.on('error', () => undefined);
      idle.push(socket);
      await once(socket, 'connect');
    }
  }

  it('are closed when their time is over, with half a handshake as well', async () => {
    await listen({ acceptor: { handshakeTimeoutMs: 100 } });
    await say(1);
    idle[0]?.write(Buffer.from('1603010200010001fc0303', 'hex'));
    if (idle[0] !== undefined) await closed(idle[0].resume());
    expect(port.rejections).toEqual(['i/o timeout']);
    expect(port.log.lines[0]?.fields['remote-addr']).toMatch(/^127\.0\.0\.1:\d+$/u);
  });

  it('are as many as they like: the longest silent make room, and others come in', async () => {
    await listen({ acceptor: { handshakeTimeoutMs: 60_000 } });
    await say(MAX_HANDSHAKES + 50);
    expect(await port.visit()).toMatchObject({ greeting: 'hello stranger' });
    expect(port.open).toBeLessThanOrEqual(MAX_HANDSHAKES);
    expect(idle.at(-1)?.destroyed).toBe(false);
  }, 30_000);

  it('never cost a connection that was let in its place', async () => {
    await listen({ acceptor: { handshakeTimeoutMs: 60_000 } });
    port.keepsOpen = true;
    const socket = connect({ port: port.port, host: '127.0.0.1', rejectUnauthorized: false });
    idle.push(socket);
    await once(socket, 'data');
    await say(MAX_HANDSHAKES + 50);
    expect([socket.destroyed, port.admitted[0]?.destroyed]).toEqual([false, false]);
  }, 30_000);

  it('end with the port', async () => {
    await listen();
    await say(3);
    port.acceptor.close();
    await Promise.all(idle.map((socket) => closed(socket.resume())));
  });
});
