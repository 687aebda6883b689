import { etcdctl, freePort } from '@etcd-ts/testkit';
import type { EtcdProcess } from '@etcd-ts/testkit';
import { CertificateStore } from '../tls/certificate-store.js';
import { startSecureNode } from '../tls/secure-node.js';
import { DiscoveryProcess } from './discovery-process.js';
import { NewMember } from './new-member.js';

const open: { dispose(): Promise<void> }[] = [];
let store: CertificateStore;
let meetingPoint: EtcdProcess;

const call = (...args: readonly string[]): ReturnType<typeof etcdctl> =>
  etcdctl(`https://${meetingPoint.endpoint}`, [...store.etcdctlFlags('root'), ...args]);

beforeAll(async () => {
  store = await CertificateStore.create();
  for (const name of ['server', 'root', 'nobody']) await store.issue(name);
  const flags = store.clientSideFlags('server');
  meetingPoint = await startSecureNode({ flavour: 'reference', flags });
  await call('put', '/_etcd/registry/T/_config/size', '1');
  await call('user', 'add', 'root:secret');
  await call('user', 'grant-role', 'root', 'root');
  await call('auth', 'enable');
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((process) => process.dispose()));
});
afterAll(async () => {
  await meetingPoint.dispose();
  store.remove();
});

async function member(name: string, ...bootstrap: readonly string[]): Promise<NewMember> {
  const [clientPort, peerPort] = [await freePort(), await freePort()];
  const started = new NewMember({ flavour: 'ours', name, clientPort, peerPort, bootstrap });
  open.push(started);
  return started;
}

const filesOf = (name: string): readonly string[] => [
  ...['--discovery-cacert', store.path('ca.pem')],
  ...['--discovery-cert', store.path(`${name}.pem`)],
  ...['--discovery-key', store.path(`${name}.key`)],
];

/** Of a member, for an etcd 3.4 that wants certificates and users. */
const meeting = (): readonly string[] => [
  ...['--discovery-token', 'T', '--discovery-endpoints', meetingPoint.endpoint],
];

describe('v3 discovery at an etcd with TLS and users', () => {
  it('is open to who has a certificate and a password, and node has nothing to warn of', async () => {
    const known = ['--discovery-user', 'root', '--discovery-password', 'secret'];
    const joined = await member('one', ...meeting(), ...filesOf('nobody'), ...known);
    await joined.serves();
    expect(joined.log).toContain('discovery joined cluster successfully');
    expect(joined.log).not.toContain('"secret"');
    // Of node itself, which has an opinion on TLS to addresses.
    expect(joined.log).not.toContain('Warning');
  });

  it('is closed to others, who are told why', async () => {
    const wrong = ['--discovery-user', 'root:guess'];
    const guessing = await member('two', ...meeting(), ...filesOf('nobody'), ...wrong);
    expect((await guessing.ended).exitCode).toBe(1);
    expect(guessing.log).toContain(
      'failed to join discovery cluster (etcdserver: authentication failed, invalid user ID or password)',
    );
    const stranger = await member('three', ...meeting(), ...filesOf('nobody'));
    expect((await stranger.ended).exitCode).toBe(1);
    expect(stranger.log).toContain('failed to join discovery cluster (etcdserver: ');
    const plain = await member('four', ...meeting());
    await plain.says('retry connecting to discovery service');
  });

  it('gets its tokens from a discovery service that is known there', async () => {
    const service = await DiscoveryProcess.start(
      ...['--endpoints', meetingPoint.endpoint, '--etcd-cacert', store.path('ca.pem')],
      ...['--etcd-cert', store.path('nobody.pem'), '--etcd-key', store.path('nobody.key')],
      ...['--etcd-user', 'root', '--etcd-password', 'secret'],
    );
    open.push(service);
    const founder = await member('one', '--discovery', await service.newToken(1));
    await founder.serves();
  });
});
