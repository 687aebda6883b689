import { createServer, request } from 'node:https';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';

import { etcdctl, eventually } from '@etcd-ts/testkit';
import { CertificateAuthority } from '@etcd-ts/tls';

import { CertificateStore } from './certificate-store.js';
import { SecureCluster } from './secure-cluster.js';
import { logged } from './secure-node.js';

const REJECTED = 'rejected connection on peer endpoint';
/** MsgVote in a far future term: a member that took it in would step down. */
const VOTE = Buffer.from('0805100018ffffffffffffffff7f20ffff032800300040004800', 'hex');

let store: CertificateStore;
beforeAll(async () => {
  store = await CertificateStore.create();
  await store.issue('server');
  await store.issue('member');
  await store.issue('client');
});
afterAll(() => store.remove());

const ctl = (endpoint: string, ...args: readonly string[]) =>
  etcdctl(endpoint, [...store.etcdctlFlags('client'), ...args]);

const termOf = async (endpoint: string): Promise<number> => {
  const { stdout } = await ctl(endpoint, 'endpoint', 'status', '--write-out', 'json');
  const [status] = JSON.parse(stdout) as readonly { Status: { raftTerm: number } }[];
  return status?.Status.raftTerm ?? -1;
};

describe('three members that ask each other for certificates', () => {
  let cluster: SecureCluster;
  beforeAll(async () => {
    const flags = [...store.peerSideFlags('member'), '--peer-cert-allowed-cn', 'member'];
    cluster = await SecureCluster.start(['ours', 'ours', 'ours'], store, flags);
  });
  afterAll(() => cluster.dispose());

  it('are a cluster', async () => {
    const [first, , third] = cluster.members;
    expect(await ctl(first?.clientUrl ?? '', 'put', 'k', 'v')).toMatchObject({ exitCode: 0 });
    expect((await ctl(third?.clientUrl ?? '', 'get', 'k')).stdout).toBe('k\nv\n');
    // Forwarded by a follower to the leader over the peer port: a lease that is renewed anywhere.
    for (const { clientUrl } of cluster.members) {
      const granted = await ctl(clientUrl, 'lease', 'grant', '100');
      const id = granted.stdout.split(' ')[1] ?? '';
      for (const other of cluster.members) {
        const kept = await ctl(other.clientUrl, 'lease', 'keep-alive', '--once', id);
        expect(kept.stdout).toMatch(/keepalived with TTL\(100\)/u);
      }
    }
  });

  it.each([
    ['no certificate', undefined, "tls: client didn't provide a certificate"],
    ['an expired certificate', 'expired', /x509: certificate has expired or is not yet valid/u],
    ['a revoked certificate', 'revoked', /^transport: certificate serial [0-9a-f]+ revoked$/u],
    ['a certificate with another common name', 'other', 'client certificate authentication failed'],
    [
      'a certificate for another address',
      'elsewhere',
      'x509: certificate is valid for 10.9.9.9, not 127.0.0.1',
    ],
    [
      'a certificate of another authority',
      'foreign',
      /x509: certificate signed by unknown authority$/u,
    ],
  ])('let an impostor with %s get nowhere', async (_, name, reason) => {
    const target = cluster.member(0);
    const seen = logged(target.process.log, REJECTED).length;
    const before = await termOf(target.clientUrl);
    if (name !== undefined) await issueImpostor(name);
    for (const path of ['/raft', '/members']) {
      expect(await impostor(target.peerUrl, path, name)).toBe('refused');
    }
    const line = await eventually(
      'a line about it',
      () => logged(target.process.log, REJECTED)[seen],
    );
    expect(line).toMatchObject({
      level: 'warn',
      'remote-addr': expect.stringMatching(/^127\.0\.0\.1:\d+$/u) as string,
      error: typeof reason === 'string' ? reason : (expect.stringMatching(reason) as string),
    });
    expect(await termOf(target.clientUrl)).toBe(before);
  });

  it('let a member with a certificate in', async () => {
    expect(await impostor(cluster.member(0).peerUrl, '/members', 'member')).toBe('answered 200');
  });

  it('send nothing to an impostor who has taken the address of a member', async () => {
    const lost = cluster.member(2);
    await lost.process.stop('SIGKILL');
    await issueImpostor('other');
    const heard: string[] = [];
    const taken = createServer(
      { cert: readFileSync(store.path('other.pem')), key: readFileSync(store.path('other.key')) },
      ({ url = '' }) => heard.push(url),
    );
    const dialled = { count: 0 };
    taken.on('tlsClientError', () => dialled.count++).on('secureConnection', () => dialled.count++);
    taken.listen(Number(new URL(lost.peerUrl).port), '127.0.0.1');
    await once(taken, 'listening');
    try {
      await eventually('the others dial it', () => (dialled.count > 3 ? true : undefined));
      expect(heard).toEqual([]);
    } finally {
      taken.closeAllConnections();
      taken.close();
    }
  });

  async function issueImpostor(name: string): Promise<void> {
    const authority =
      name === 'foreign' ? await CertificateAuthority.create('authority') : store.authority;
    const issued = await store.issue(name, {
      authority,
      commonName: name === 'other' ? 'client' : 'member',
      ...(name === 'expired' && { days: -1 }),
      ...(name === 'elsewhere' && { hosts: ['10.9.9.9'] }),
    });
    if (name === 'revoked') await store.revoke(issued);
  }

  /** What becomes of a request to a peer port with that certificate. */
  async function impostor(url: string, path: string, name: string | undefined): Promise<string> {
    const shown =
      name === undefined
        ? {}
        : {
            cert: readFileSync(store.path(`${name}.pem`)),
            key: readFileSync(store.path(`${name}.key`)),
          };
    const isQuestion = path === '/members';
    const outgoing = request(new URL(path, url), {
      method: isQuestion ? 'GET' : 'POST',
      ca: readFileSync(store.path('ca.pem')),
      agent: false,
      timeout: 5_000,
      ...shown,
    });
    outgoing.end(isQuestion ? undefined : VOTE);
    return new Promise((resolve) => {
      outgoing.once('error', () => resolve('refused'));
      outgoing.once('response', (response) => {
        response.resume();
        resolve(`answered ${response.statusCode}`);
      });
    });
  }
});

describe('members of ours and one of the original', () => {
  it('are one cluster over TLS, with certificates and an allowed name', async () => {
    const flags = [...store.peerSideFlags('member'), '--peer-cert-allowed-cn', 'member'];
    const cluster = await SecureCluster.start(['ours', 'ours', 'reference'], store, flags);
    try {
      for (const [at, { clientUrl }] of cluster.members.entries()) {
        expect(await ctl(clientUrl, 'put', `k${at}`, 'v')).toMatchObject({ exitCode: 0 });
      }
      for (const { clientUrl } of cluster.members) {
        const { stdout } = await ctl(clientUrl, 'get', 'k', '--prefix', '--keys-only');
        expect(stdout.match(/k\d/gu)).toEqual(['k0', 'k1', 'k2']);
      }
    } finally {
      await cluster.dispose();
    }
  });
});

describe('--peer-auto-tls', () => {
  it('lets members with certificates of their own making be a cluster', async () => {
    const cluster = await SecureCluster.start(['ours', 'ours', 'ours'], store, ['--peer-auto-tls']);
    try {
      expect(await ctl(cluster.member(0).clientUrl, 'put', 'k', 'v')).toMatchObject({
        exitCode: 0,
      });
      expect((await ctl(cluster.member(2).clientUrl, 'get', 'k')).stdout).toBe('k\nv\n');
    } finally {
      await cluster.dispose();
    }
  });
});
