import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import type { Socket } from 'node:net';
import { connect } from 'node:tls';

import { AcceptorScene } from './testing/acceptor-scene.js';
import { closed } from './testing/secured-port.js';

let scene: AcceptorScene;

beforeEach(async () => {
  scene = await AcceptorScene.create();
});
afterEach(() => scene.dispose());

describe('a port with TLS', () => {
  it('lets anybody in while it asks for no certificate', async () => {
    await scene.listen();
    expect(await scene.port.visit()).toMatchObject({ greeting: 'hello stranger' });
    expect(await scene.port.visit(await scene.shown('alice'))).toMatchObject({
      greeting: 'hello stranger',
    });
  });

  it('knows whom it lets in by the common name in the certificate', async () => {
    await scene.listen(scene.mutual());
    expect(await scene.port.visit(await scene.shown('alice'))).toMatchObject({
      greeting: 'hello alice',
    });
    expect(scene.port.rejections).toEqual([]);
  });

  it('asks for certificates when it is only told whom to trust, as etcd does', async () => {
    await scene.listen(scene.mutual({ clientCertAuth: false }));
    expect(await scene.port.visit()).toMatchObject({ greeting: '' });
    expect(await scene.port.visit(await scene.shown('alice'))).toMatchObject({
      greeting: 'hello alice',
    });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speaks %s', async (version) => {
    await scene.listen(scene.mutual());
    const options = { ...(await scene.shown('alice')), minVersion: version, maxVersion: version };
    expect(await scene.port.visit(options)).toMatchObject({ greeting: 'hello alice', version });
  });

  it('speaks no version outside those allowed', async () => {
    await scene.listen({ policy: { minVersion: 'TLS1.3' } });
    expect(await scene.port.visit({ maxVersion: 'TLSv1.2' })).toMatchObject({ greeting: '' });
    await scene.listen({ policy: { maxVersion: 'TLS1.2' } });
    expect(await scene.port.visit({ minVersion: 'TLSv1.3' })).toMatchObject({ greeting: '' });
    expect(scene.port.rejections).toEqual(['tls: client offered only unsupported versions']);
    expect(await scene.port.visit()).toMatchObject({ version: 'TLSv1.2' });
  });

  it('speaks only the cipher suites allowed, in TLS 1.2', async () => {
    await scene.listen({ policy: { cipherSuites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'] } });
    const tls12 = { maxVersion: 'TLSv1.2' } as const;
    const refused = await scene.port.visit({ ...tls12, ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' });
    expect(refused).toMatchObject({ greeting: '' });
    expect(scene.port.rejections).toEqual([
      'tls: no cipher suite supported by both client and server',
    ]);
    expect(await scene.port.visit(tls12)).toMatchObject({ greeting: 'hello stranger' });
    expect(await scene.port.visit()).toMatchObject({ version: 'TLSv1.3' });
  });

  it.each([
    [['h2'], 'h2'],
    [['h2', 'http/1.1'], 'http/1.1'],
    [['http/1.1'], 'http/1.1'],
    [[], false],
  ])('agrees with a client that speaks %j on %j', async (ALPNProtocols, protocol) => {
    await scene.listen();
    expect(await scene.port.visit({ ALPNProtocols })).toMatchObject({
      greeting: 'hello stranger',
      protocol,
    });
  });

  it('turns away who speaks nothing it knows', async () => {
    await scene.listen();
    expect(await scene.port.visit({ ALPNProtocols: ['spdy/3'] })).toMatchObject({ greeting: '' });
    expect(scene.port.rejections).toEqual([
      'tls: client requested unsupported application protocols',
    ]);
  });

  it('may be a unix socket', async () => {
    const path = scene.directory.file('socket');
    await scene.listen({ ...scene.mutual(), path });
    const options = { ...(await scene.shown('alice', { hosts: ['10.9.9.9'] })), path };
    expect(await scene.port.visit(options)).toMatchObject({ greeting: 'hello alice' });
    await scene.port.visit({ path });
    expect(scene.port.log.lines[0]?.fields).toMatchObject({
      'remote-addr': '@',
      error: "tls: client didn't provide a certificate",
    });
  });
});

describe('clients who say nothing', () => {
  const idle: Socket[] = [];
  afterEach(() => {
    for (const socket of idle.splice(0)) socket.destroy();
  });

  async function say(nothing: number): Promise<void> {
    for (let count = 0; count < nothing; count++) {
      const socket = connectPlain(scene.port.port, '127.0.0.1');
      socket.on('error', () => undefined);
      idle.push(socket);
      await once(socket, 'connect');
    }
  }

  it('are closed when their time is over, with half a handshake as well', async () => {
    await scene.listen({ acceptor: { handshakeTimeoutMs: 100 } });
    await say(1);
    idle[0]?.write(Buffer.from('1603010200010001fc0303', 'hex'));
    if (idle[0] !== undefined) await closed(idle[0].resume());
    expect(scene.port.rejections).toEqual(['i/o timeout']);
    expect(scene.port.log.lines[0]?.fields['remote-addr']).toMatch(/^127\.0\.0\.1:\d+$/u);
  });

  it('are as many as they like: the longest silent make room, and others come in', async () => {
    await scene.listen({ acceptor: { handshakeTimeoutMs: 60_000, maxHandshakes: 20 } });
    await say(40);
    expect(await scene.port.visit()).toMatchObject({ greeting: 'hello stranger' });
    expect(scene.port.open).toBeLessThanOrEqual(20);
    expect(idle.at(-1)?.destroyed).toBe(false);
  });

  it('never cost a connection that was let in its place', async () => {
    await scene.listen({ acceptor: { handshakeTimeoutMs: 60_000, maxHandshakes: 20 } });
    scene.port.keepsOpen = true;
    const socket = connect({ port: scene.port.port, host: '127.0.0.1', rejectUnauthorized: false });
    idle.push(socket);
    await once(socket, 'data');
    await say(40);
    expect([socket.destroyed, scene.port.admitted[0]?.destroyed]).toEqual([false, false]);
  });

  it('end with the port', async () => {
    await scene.listen();
    await say(3);
    scene.port.acceptor.close();
    await Promise.all(idle.map((socket) => closed(socket.resume())));
  });
});
