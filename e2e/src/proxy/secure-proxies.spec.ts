import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { eventually } from '@etcd-ts/testkit';
import { CertificateAuthority } from '@etcd-ts/tls';

import { describeWithDns } from '../discovery/name-server.js';
import type { ProxyProcess } from './proxy-process.js';
import { SecureScene } from './secure-scene.js';

/** It is told of the member's authority only when it runs: the file is read again. */
async function gatewayOfNewTrust(scene: SecureScene): Promise<ProxyProcess> {
  const { store } = scene;
  const trusted = store.write(
    'members-ca.pem',
    (await CertificateAuthority.create('other')).certificate,
  );
  const flags = ['--trusted-ca-file', trusted, '--retry-delay', '100ms'];
  const gateway = await scene.proxy('gateway', flags);
  const isRefused = (): true | undefined =>
    gateway.log.includes('failed to verify the certificate of an endpoint') || undefined;
  await eventually('the member is of an authority that nobody trusts', isRefused);
  // Read again: from now on it is.
  store.write('members-ca.pem', store.authority.certificate);
  return gateway;
}

describeWithDns('proxies that find a cluster in DNS, with TLS on both sides', () => {
  let scene: SecureScene;
  let proxy: ProxyProcess;
  let pagesUrl: string;
  beforeAll(async () => {
    scene = await SecureScene.start();
    ({ proxy, pagesUrl } = await scene.grpcProxy());
  });
  afterAll(() => scene.dispose());

  it('serve who shows a certificate, by the versions and suites they were told', async () => {
    expect(await scene.ask(proxy.endpoint, 'alice', 'put', 'a', '1')).toBe('OK\n');
    expect(await scene.ask(proxy.endpoint, 'alice', 'get', 'a')).toBe('a\n1\n');
    const url = `https://${proxy.endpoint}/health`;
    expect(await scene.curl('alice', url)).toBe('{"health":"true","reason":""}');
    expect(await scene.curl(undefined, url)).toBe('refused');
    expect(await scene.curl('alice', url, '--tlsv1.3')).toBe('refused');
    const other = ['--ciphers', 'ECDHE-ECDSA-AES256-GCM-SHA384'];
    expect(await scene.curl('alice', url, ...other)).toBe('refused');
  });

  it('have pages at an address of their own, no less secure', async () => {
    expect(await scene.curl('alice', `${pagesUrl}/metrics`)).toContain('etcd_server_has_leader 1');
    expect(await scene.curl(undefined, `${pagesUrl}/metrics`)).toBe('refused');
    expect(await scene.curl(undefined, pagesUrl.replace('https', 'http'))).toBe('refused');
  });

  it('read their files again: who is revoked is turned away, who is renewed is shown', async () => {
    const { store } = scene;
    await store.revoke(scene.alice);
    expect(await scene.curl('alice', `${pagesUrl}/health`)).toBe('refused');
    expect(await scene.curl('bob', `${pagesUrl}/health`)).toContain('true');
    const bob = await store.issue('bob');
    const { certificate } = await store.issue('front');
    const [host, port] = proxy.endpoint.split(':');
    const ca = store.authority.certificate;
    const socket = connect({ host, port: Number(port), ca, cert: bob.certificate, key: bob.key });
    await once(socket, 'secureConnect');
    const shown = socket.getPeerX509Certificate()?.serialNumber;
    expect(shown).toBe(new X509Certificate(certificate).serialNumber);
    socket.destroy();
  });

  it('read whom they trust again: clients of another authority come in when it is named', async () => {
    const { store } = scene;
    const other = await CertificateAuthority.create('other');
    await store.issue('carol', { authority: other });
    expect(await scene.curl('carol', `${pagesUrl}/health`)).toBe('refused');
    store.write('clients-ca.pem', `${store.authority.certificate}${other.certificate}`);
    expect(await scene.curl('carol', `${pagesUrl}/health`)).toContain('true');
    store.write('clients-ca.pem', store.authority.certificate);
    expect(await scene.curl('carol', `${pagesUrl}/health`)).toBe('refused');
    expect(await scene.curl('bob', `${pagesUrl}/health`)).toContain('true');
  });

  it('show the cluster what is in their files now, when the old certificate is revoked', async () => {
    await scene.store.revoke(scene.nobody);
    await scene.store.issue('nobody', { commonName: '' });
    await scene.restartMember();
    expect(await scene.ask(proxy.endpoint, 'bob', 'put', 'a', '2')).toBe('OK\n');
  });

  it('pass TLS on without being part of it, to who has shown a certificate for the domain', async () => {
    const gateway = await gatewayOfNewTrust(scene);
    expect(await scene.ask(gateway.endpoint, 'bob', 'put', 'b', '1')).toBe('OK\n');
  });
});
