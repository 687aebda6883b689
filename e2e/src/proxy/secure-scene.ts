import { etcdctl, freePort, runCommand } from '@etcd-ts/testkit';
import type { EtcdProcess } from '@etcd-ts/testkit';
import type { IssuedCertificate } from '@etcd-ts/tls';

import { DOMAIN, NameServer, withNameserver } from '../discovery/name-server.js';
import { CertificateStore } from '../tls/certificate-store.js';
import { startSecureNode } from '../tls/secure-node.js';
import { ProxyProcess } from './proxy-process.js';
import type { ProxyKind } from './proxy-process.js';

const NOWHERE = '127.0.0.1:1';
const TIMES = ['--command-timeout', '60s', '--dial-timeout', '60s'];
const SUITE = 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256';

/** A member that DNS names, and proxies before it, with TLS on both sides. */
export class SecureScene {
  readonly store: CertificateStore;
  readonly alice: IssuedCertificate;
  /** What the gRPC proxy shows the member. */
  readonly nobody: IssuedCertificate;
  /** Of one data directory, which is the first one's. */
  readonly #members: EtcdProcess[];
  readonly #dns: NameServer;
  readonly #proxies: ProxyProcess[] = [];

  static async start(): Promise<SecureScene> {
    const store = await CertificateStore.create();
    store.write('clients-ca.pem', store.authority.certificate);
    await store.issue('server', { hosts: [DOMAIN, 'localhost', '127.0.0.1'] });
    await store.issue('front');
    await store.issue('bob');
    const nobody = await store.issue('nobody', { commonName: '' });
    const alice = await store.issue('alice');
    const node = await startSecureNode({ flags: store.clientSideFlags('server') });
    const { clientPort } = node.setup;
    const dns = await NameServer.start({ '_etcd-client-ssl': [`localhost:${clientPort}`] });
    return new SecureScene({ store, alice, nobody }, node, dns);
  }

  private constructor(
    certificates: Pick<SecureScene, 'store' | 'alice' | 'nobody'>,
    node: EtcdProcess,
    dns: NameServer,
  ) {
    this.store = certificates.store;
    this.alice = certificates.alice;
    this.nobody = certificates.nobody;
    this.#members = [node];
    this.#dns = dns;
  }

  async proxy(kind: ProxyKind, flags: readonly string[]): Promise<ProxyProcess> {
    const wrapper = withNameserver(this.store.directory, this.#dns.host);
    const all = ['--discovery-srv', DOMAIN, ...flags];
    const proxy = await ProxyProcess.start(kind, NOWHERE, all, wrapper);
    this.#proxies.push(proxy);
    return proxy;
  }

  /** With pages at an address of their own. */
  async grpcProxy(): Promise<{ proxy: ProxyProcess; pagesUrl: string }> {
    const { store } = this;
    const pagesUrl = `https://127.0.0.1:${await freePort()}`;
    const proxy = await this.proxy('grpc-proxy', [
      ...['--metrics-addr', pagesUrl, '--cacert', store.path('ca.pem')],
      ...['--cert', store.path('nobody.pem'), '--key', store.path('nobody.key')],
      ...['--cert-file', store.path('front.pem'), '--key-file', store.path('front.key')],
      ...['--trusted-ca-file', store.path('clients-ca.pem')],
      ...['--client-crl-file', store.path('crl.pem')],
      ...['--tls-max-version', 'TLS1.2', '--listen-cipher-suites', SUITE],
    ]);
    return { proxy, pagesUrl };
  }

  async restartMember(): Promise<void> {
    await this.#members.at(-1)?.stop();
    const again = await this.#members[0]?.restart();
    if (again !== undefined) this.#members.push(again);
  }

  async ask(endpoint: string, name: string, ...args: readonly string[]): Promise<string> {
    const flags = [...this.store.etcdctlFlags(name), ...TIMES];
    const { stdout, stderr } = await etcdctl(`https://${endpoint}`, [...flags, ...args]);
    return stdout + stderr;
  }

  /** undefined: without a certificate. */
  async curl(name: string | undefined, url: string, ...flags: readonly string[]): Promise<string> {
    const args = [...this.store.curlFlags(name), '--max-time', '60', ...flags, url];
    const { stdout, exitCode } = await runCommand('curl', args);
    return exitCode === 0 ? stdout : 'refused';
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.stop()));
    for (const member of this.#members.reverse()) await member.dispose();
    await this.#dns.dispose();
    this.store.remove();
  }
}
