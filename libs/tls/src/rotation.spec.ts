import { once } from 'node:events';
import { connect } from 'node:tls';

import { CertificateAuthority } from './making/certificate-authority.js';
import { AcceptorScene } from './testing/acceptor-scene.js';
import { closed } from './testing/secured-port.js';

let scene: AcceptorScene;

beforeEach(async () => {
  scene = await AcceptorScene.create();
});
afterEach(() => scene.dispose());

describe('files that change', () => {
  it('count for the next connection: another certificate', async () => {
    await scene.listen();
    const seen = async (): Promise<string> => {
      const socket = connect({
        port: scene.port.port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
      });
      await once(socket, 'secureConnect');
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber.toLowerCase();
    };
    await seen();
    const { serialNumber } = await scene.directory.issue('server');
    expect(await seen()).toBe(serialNumber);
  });

  it('count for the next connection: other authorities', async () => {
    await scene.listen(scene.mutual());
    const [old, second] = [await scene.shown('old'), await CertificateAuthority.create('second')];
    const next = await scene.shown('next', {}, second);
    expect(await scene.port.visit(next)).toMatchObject({ greeting: '' });
    scene.directory.write('ca.pem', scene.directory.authority.certificate + second.certificate);
    expect(await scene.port.visit(next)).toMatchObject({ greeting: 'hello next' });
    expect(await scene.port.visit(old)).toMatchObject({ greeting: 'hello old' });
    scene.directory.write('ca.pem', second.certificate);
    expect(await scene.port.visit(next)).toMatchObject({ greeting: 'hello next' });
    expect(await scene.port.visit(old)).toMatchObject({ greeting: '' });
  });

  it('count for the next connection: a revocation', async () => {
    scene.directory.write('crl.pem', await scene.directory.authority.revocationListPem());
    await scene.listen(scene.mutual({ crlFile: scene.directory.file('crl.pem') }));
    const alice = await scene.directory.issue('alice');
    const options = { cert: alice.certificate, key: alice.key };
    expect(await scene.port.visit(options)).toMatchObject({ greeting: 'hello alice' });
    scene.directory.authority.revoke(alice);
    scene.directory.write('crl.pem', await scene.directory.authority.revocationListPem());
    expect(await scene.port.visit(options)).toMatchObject({ greeting: '' });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'are not escaped by resuming a session of before, with %s',
    async (version) => {
      await scene.listen(scene.mutual());
      const options = { ...(await scene.shown('alice')), minVersion: version, maxVersion: version };
      const socket = connect({
        port: scene.port.port,
        host: '127.0.0.1',
        rejectUnauthorized: false,
        ...options,
      });
      const sessions: Buffer[] = [];
      socket.on('session', (session) => sessions.push(session)).resume();
      await closed(socket);
      const last = sessions.at(-1) ?? socket.getSession();
      const resumed = await scene.port.visit({ ...options, ...(last && { session: last }) });
      expect(resumed).toMatchObject({ greeting: 'hello alice', resumed: false });
    },
  );
});
