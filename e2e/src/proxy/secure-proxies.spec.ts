import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';
import { etcdctl, freePort, runCommand } from '@etcd-ts/testkit';
import type { EtcdProcess } from '@etcd-ts/testkit';
import type { IssuedCertificate } from '@etcd-ts/tls';

import { describeWithDns, DOMAIN, NameServer, withNameserver } from '../discovery/name-server.js';
import { CertificateStore } from '../tls/certificate-store.js';
import { startSecureNode } from '../tls/secure-node.js';
import { ProxyProcess } from './proxy-process.js';

/* Both proxies before a member that DNS names, with TLS on both sides. */

const NOWHERE = '127.0.0.1:1';
const TIMES = ['--command-timeout', '60s', '--dial-timeout', '60s'];
const SUITE = 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256';

let store: CertificateStore;
let node: EtcdProcess;
let dns: NameServer;
let proxy: ProxyProcess;
let pagesUrl: string;
let alice: IssuedCertificate;
let nobody: IssuedCertificate;
let wrapper: readonly string[];

async function start(): Promise<void> {
  store = await CertificateStore.create();
  await store.issue('server', { hosts: [DOMAIN, 'localhost', '127.0.0.1'] });
  await store.issue('front');
  nobody = await store.issue('nobody', { commonName: '' });
  alice = await store.issue('alice');
  await store.issue('bob');
  node = await startSecureNode({ flags: store.clientSideFlags('server') });
  dns = await NameServer.start({ '_etcd-client-ssl': [`localhost:${node.setup.clientPort}`] });
  wrapper = withNameserver(store.directory, dns.host);
  const pages = `127.0.0.1:${await freePort()}`;
  pagesUrl = `https://${pages}`;
  proxy = await ProxyProcess.start(
    'grpc-proxy',
    NOWHERE,
    [
      ...['--discovery-srv', DOMAIN, '--metrics-addr', pagesUrl],
      ...['--cacert', store.path('ca.pem')],
      ...['--cert', store.path('nobody.pem'), '--key', store.path('nobody.key')],
      ...['--cert-file', store.path('front.pem'), '--key-file', store.path('front.key')],
      ...['--trusted-ca-file', store.path('ca.pem'), '--client-crl-file', store.path('crl.pem')],
      ...['--tls-max-version', 'TLS1.2', '--listen-cipher-suites', SUITE],
    ],
    wrapper,
  );
}

async function stop(): Promise<void> {
  await proxy.stop();
  await node.dispose();
  await dns.dispose();
  store.remove();
}

const ask = async (endpoint: string, name: string, ...args: readonly string[]): Promise<string> => {
  const flags = [...store.etcdctlFlags(name), ...TIMES];
  const { stdout, stderr } = await etcdctl(`https://${endpoint}`, [...flags, ...args]);
  return stdout + stderr;
};

const curl = async (name: string | undefined, url: string, ...flags: readonly string[]) => {
  const args = [...store.curlFlags(name), '--max-time', '60', ...flags, url];
  const { stdout, exitCode } = await runCommand('curl', args);
  return exitCode === 0 ? stdout : 'refused';
};

describeWithDns('proxies that find a cluster in DNS, with TLS on both sides', () => {
  beforeAll(start);
  afterAll(stop);

  it('serve who shows a certificate, by the versions and suites they were told', async () => {
    expect(await ask(proxy.endpoint, 'alice', 'put', 'a', '1')).toBe('OK\n');
    expect(await ask(proxy.endpoint, 'alice', 'get', 'a')).toBe('a\n1\n');
    const health = `https://${proxy.endpoint}/health`;
    expect(await curl('alice', health)).toBe('{"health":"true","reason":""}');
    expect(await curl(undefined, health)).toBe('refused');
    expect(await curl('alice', health, '--tlsv1.3')).toBe('refused');
    expect(await curl('alice', health, '--ciphers', 'ECDHE-ECDSA-AES256-GCM-SHA384')).toBe(
      'refused',
    );
  });

  it('have pages at an address of their own, no less secure', async () => {
    expect(await curl('alice', `${pagesUrl}/metrics`)).toContain('etcd_server_has_leader 1');
    expect(await curl(undefined, `${pagesUrl}/metrics`)).toBe('refused');
    expect(await curl(undefined, pagesUrl.replace('https', 'http'))).toBe('refused');
  });

  it('read their files again: who is revoked is turned away, who is renewed is shown', async () => {
    await store.revoke(alice);
    expect(await curl('alice', `${pagesUrl}/health`)).toBe('refused');
    expect(await curl('bob', `${pagesUrl}/health`)).toContain('true');
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

  it('show the cluster what is in their files now, when the old certificate is revoked', async () => {
    await store.revoke(nobody);
    await store.issue('nobody', { commonName: '' });
    await node.stop();
    node = await node.restart();
    expect(await ask(proxy.endpoint, 'bob', 'put', 'a', '2')).toBe('OK\n');
  });

  it('pass TLS on without being part of it, to who has shown a certificate for the domain', async () => {
    const authorities = ['--trusted-ca-file', store.path('ca.pem')];
    const flags = ['--discovery-srv', DOMAIN, ...authorities];
    const gateway = await ProxyProcess.start('gateway', NOWHERE, flags, wrapper);
    try {
      expect(await ask(gateway.endpoint, 'bob', 'put', 'b', '1')).toBe('OK\n');
    } finally {
      await gateway.stop();
    }
  });
});
