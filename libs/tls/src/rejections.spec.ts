import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { connect } from 'node:tls';
import type { ConnectionOptions } from 'node:tls';

import { CertificateAuthority } from './making/certificate-authority.js';
import { AcceptorScene } from './testing/acceptor-scene.js';
import { closed } from './testing/secured-port.js';

let scene: AcceptorScene;

beforeEach(async () => {
  scene = await AcceptorScene.create();
});
afterEach(() => scene.dispose());

describe('who is turned away, with a line in the log', () => {
  const refused = async (options: ConnectionOptions, error: RegExp | string): Promise<void> => {
    expect(await scene.port.visit(options)).toMatchObject({ greeting: '' });
    expect(scene.port.rejections).toEqual([
      typeof error === 'string' ? error : expect.stringMatching(error),
    ]);
  };

  it('without a certificate', async () => {
    await scene.listen(scene.mutual());
    await refused({}, "tls: client didn't provide a certificate");
  });

  it('with a certificate of another authority, even of the same name', async () => {
    await scene.listen(scene.mutual());
    const impostor = await CertificateAuthority.create('authority');
    await refused(
      await scene.shown('alice', {}, impostor),
      'tls: failed to verify client certificate: x509: certificate signed by unknown authority',
    );
  });

  it('with a certificate it has signed itself', async () => {
    await scene.listen(scene.mutual());
    const own = await CertificateAuthority.create('alice');
    await refused(
      await scene.shown('alice', {}, own),
      'tls: failed to verify client certificate: x509: certificate signed by unknown authority',
    );
  });

  it('with an expired certificate', async () => {
    await scene.listen(scene.mutual());
    await refused(
      await scene.shown('alice', { days: -1 }),
      /^tls: failed to verify client certificate: x509: certificate has expired or is not yet valid: current time \S+Z is after \S+Z$/u,
    );
  });

  it('with a certificate for servers', async () => {
    await scene.listen(scene.mutual());
    await refused(
      await scene.shown('alice', { purposes: ['server'] }),
      'tls: failed to verify client certificate: x509: certificate specifies an incompatible key usage',
    );
  });

  it('with a certificate that a certificate which is no authority has signed', async () => {
    await scene.listen(scene.mutual());
    const leaf = await scene.directory.authority.issue({ commonName: 'leaf' });
    const signed = await scene.directory.authority.issueBelow(leaf, { commonName: 'root' });
    await refused(
      { cert: signed.certificate + leaf.certificate, key: signed.key },
      /^tls: failed to verify client certificate: x509: /u,
    );
  });

  it('with a revoked certificate', async () => {
    const alice = await scene.directory.issue('alice');
    scene.directory.authority.revoke(alice);
    scene.directory.write('crl.pem', await scene.directory.authority.revocationListPem());
    await scene.listen(scene.mutual({ crlFile: scene.directory.file('crl.pem') }));
    await refused(
      { cert: alice.certificate, key: alice.key },
      `transport: certificate serial ${alice.serialNumber} revoked`,
    );
    expect(await scene.port.visit(await scene.shown('bob'))).toMatchObject({
      greeting: 'hello bob',
    });
  });

  it('with a common name that is not allowed', async () => {
    await scene.listen(scene.mutual({ allowedCommonNames: ['etcd', 'member'] }));
    await refused(await scene.shown('alice'), 'client certificate authentication failed');
    expect(await scene.port.visit(await scene.shown('member'))).toMatchObject({
      greeting: 'hello member',
    });
  });

  it('without a host name that is allowed', async () => {
    await scene.listen(
      scene.mutual({
        allowedHostnames: ['a.x.example', '127.0.0.1'],
        skipClientSanVerification: true,
      }),
    );
    await refused(
      await scene.shown('a.x.example', { hosts: ['b.x.example'] }),
      'client certificate authentication failed',
    );
    for (const hosts of [['a.x.example'], ['*.x.example'], ['127.0.0.1']]) {
      expect(await scene.port.visit(await scene.shown('alice', { hosts }))).toMatchObject({
        greeting: 'hello alice',
      });
    }
  });

  it('with a certificate for another address, unless that is not verified', async () => {
    await scene.listen(scene.mutual());
    const elsewhere = await scene.shown('alice', { hosts: ['10.9.9.9'] });
    await refused(elsewhere, 'x509: certificate is valid for 10.9.9.9, not 127.0.0.1');
    expect(scene.port.log.lines[0]?.fields).toMatchObject({
      'ip-addresses': ['10.9.9.9'],
      'dns-names': [],
    });
    await scene.listen(scene.mutual({ skipClientSanVerification: true }));
    expect(await scene.port.visit(elsewhere)).toMatchObject({ greeting: 'hello alice' });
  });

  it('with plain HTTP, or with garbage', async () => {
    await scene.listen();
    for (const text of [
      'GET / HTTP/1.1\r\nHost: x\r\n\r\n',
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      '\0'.repeat(1000),
    ]) {
      const socket = connectPlain(scene.port.port, '127.0.0.1');
      socket.on('error', () => undefined).write(text);
      socket.resume();
      await closed(socket);
    }
    expect(scene.port.rejections).toEqual(
      Array(3).fill('tls: first record does not look like a TLS handshake'),
    );
  });

  it('by name and address', async () => {
    await scene.listen(scene.mutual());
    const socket = connect({
      port: scene.port.port,
      host: '127.0.0.1',
      servername: 'some.example',
      rejectUnauthorized: false,
    });
    const local = once(socket, 'connect').then(() => `127.0.0.1:${socket.localPort}`);
    socket.on('error', () => undefined);
    await closed(socket);
    expect(scene.port.log.lines).toEqual([
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
