import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { Etcd3 } from 'etcd3';

import {
  etcdctl,
  eventually,
  freePort,
  runCommand,
  type CommandResult,
  type EtcdProcess,
} from '@etcd-ts/testkit';
import { CertificateAuthority } from '@etcd-ts/tls';

import { CertificateStore } from './certificate-store.js';
import { logged, startSecureNode } from './secure-node.js';

const REJECTED = 'rejected connection on client endpoint';

let store: CertificateStore;
beforeAll(async () => {
  store = await CertificateStore.create();
  await store.issue('server');
  await store.issue('alice', { hosts: ['elsewhere.example'] });
});
afterAll(() => store.remove());

const curl = (...args: readonly string[]): Promise<CommandResult> => runCommand('curl', args);

describe('a client port that asks for certificates', () => {
  let node: EtcdProcess;
  let plainUrl: string;
  let socket: string;
  let metricsUrl: string;
  let url: string;

  beforeAll(async () => {
    plainUrl = `http://127.0.0.1:${await freePort()}`;
    socket = store.path('socket');
    metricsUrl = `https://127.0.0.1:${await freePort()}`;
    node = await startSecureNode({
      moreClientUrls: [plainUrl, `unixs://${socket}`],
      flags: [
        ...store.clientSideFlags('server'),
        ...['--listen-metrics-urls', metricsUrl],
        ...['--host-whitelist', 'allowed.example', '--cors', 'https://page.example'],
      ],
    });
    url = `https://127.0.0.1:${node.setup.clientPort}`;
  });
  afterAll(() => node.dispose());

  const ctl = (name: string, ...args: readonly string[]): Promise<CommandResult> =>
    etcdctl(url, [...store.etcdctlFlags(name), ...args]);
  /** etcdctl tries again until its time is over. */
  const refused = async (name: string): Promise<void> => {
    const times = ['--command-timeout', '1s', '--dial-timeout', '1s'];
    expect((await ctl(name, ...times, 'get', 'k')).exitCode).not.toBe(0);
  };

  /** Why the node turned away who came last. */
  const lastReason = (): Promise<string> =>
    eventually('a line about it', () => {
      const lines = logged(node.log, REJECTED);
      return lines.length > reasonsSeen ? String(lines[reasonsSeen]?.['error']) : undefined;
    });
  let reasonsSeen = 0;
  beforeEach(() => (reasonsSeen = logged(node.log, REJECTED).length));

  it('says that it serves one URL securely and the other not', async () => {
    const addresses = (message: string, count: number): Promise<readonly unknown[]> =>
      eventually(message, () => {
        const lines = logged(node.log, message);
        return lines.length < count ? undefined : lines.map(({ address }) => address);
      });
    const host = `127.0.0.1:${node.setup.clientPort}`;
    expect(await addresses('serving client traffic securely', 2)).toEqual([host, socket]);
    const insecurely = 'serving client traffic insecurely; this is strongly discouraged!';
    expect(await addresses(insecurely, 1)).toEqual([plainUrl.slice('http://'.length)]);
  });

  it('serves etcdctl with a certificate, wherever that comes from', async () => {
    expect(await ctl('alice', 'put', 'k', 'v')).toMatchObject({ exitCode: 0, stdout: 'OK\n' });
    expect((await ctl('alice', 'get', 'k')).stdout).toBe('k\nv\n');
    expect(await ctl('alice', 'endpoint', 'health')).toMatchObject({ exitCode: 0 });
  });

  it('serves etcdctl over the plain URL beside it', async () => {
    expect(await etcdctl(plainUrl, ['put', 'plain', '1'])).toMatchObject({ exitCode: 0 });
  });

  it('turns away etcdctl without a certificate', async () => {
    const refused = await etcdctl(url, [
      '--cacert',
      store.path('ca.pem'),
      '--command-timeout',
      '1s',
      '--dial-timeout',
      '1s',
      'get',
      'k',
    ]);
    expect(refused.exitCode).not.toBe(0);
    expect(await lastReason()).toBe("tls: client didn't provide a certificate");
  });

  it('turns away an expired certificate', async () => {
    await store.issue('expired', { days: -1 });
    await refused('expired');
    expect(await lastReason()).toMatch(
      /^tls: failed to verify client certificate: x509: certificate has expired/u,
    );
  });

  it('turns away a certificate of another authority', async () => {
    await store.issue('stranger', { authority: await CertificateAuthority.create('authority') });
    await refused('stranger');
    expect(await lastReason()).toMatch(/x509: certificate signed by unknown authority$/u);
  });

  it('turns away a certificate from the moment it is revoked', async () => {
    const mallory = await store.issue('mallory');
    expect((await ctl('mallory', 'get', 'k')).stdout).toBe('k\nv\n');
    await store.revoke(mallory);
    await refused('mallory');
    expect(await lastReason()).toBe(
      `transport: certificate serial ${mallory.serialNumber} revoked`,
    );
    expect((await curl(...store.curlFlags('mallory'), `${url}/health`)).exitCode).not.toBe(0);
    expect((await ctl('alice', 'get', 'k')).stdout).toBe('k\nv\n');
  });

  it('serves curl with a certificate, and not without', async () => {
    const health = await curl(...store.curlFlags('alice'), `${url}/health`);
    expect(health.stdout).toBe('{"health":"true","reason":""}');
    // curl offers HTTP/2 by itself; this node's pages are HTTP/1.1.
    const version = ['--output', '/dev/null', '--write-out', '%{http_version}'];
    expect(
      (await curl(...store.curlFlags('alice'), ...version, '--http2', `${url}/version`)).stdout,
    ).toBe('2');
    expect(
      (await curl(...store.curlFlags('alice'), '--http1.1', `${url}/metrics`)).stdout,
    ).toContain('etcd_server_has_leader 1');
    expect((await curl(...store.curlFlags(), `${url}/health`)).exitCode).not.toBe(0);
  });

  it('serves the npm client etcd3 with a certificate, and not without', async () => {
    const read = (name: string): Buffer => readFileSync(store.path(name));
    const pair = { certChain: read('alice.pem'), privateKey: read('alice.key') };
    const client = new Etcd3({
      hosts: url,
      credentials: { rootCertificate: read('ca.pem'), ...pair },
    });
    try {
      await client.put('etcd3').value('over TLS');
      expect(await client.get('etcd3').string()).toBe('over TLS');
    } finally {
      client.close();
    }
    const stranger = new Etcd3({ hosts: url, credentials: { rootCertificate: read('ca.pem') } });
    try {
      await expect(stranger.get('etcd3').string()).rejects.toThrow();
    } finally {
      stranger.close();
    }
  });

  it('serves metrics on a URL of their own with a certificate, and not without', async () => {
    const metrics = await curl(...store.curlFlags('alice'), `${metricsUrl}/metrics`);
    expect(metrics.stdout).toContain('etcd_server_has_leader 1');
    expect((await curl(...store.curlFlags(), `${metricsUrl}/metrics`)).exitCode).not.toBe(0);
  });

  it('serves curl over a unix socket', async () => {
    const answer = await curl(
      ...store.curlFlags('alice'),
      '--unix-socket',
      socket,
      'https://localhost/health',
    );
    expect(answer.stdout).toBe('{"health":"true","reason":""}');
  });

  it('closes plain HTTP on the port with TLS, and answers TLS on the plain port with no open door', async () => {
    expect(
      (await curl(...store.curlFlags(), `http://127.0.0.1:${node.setup.clientPort}/health`))
        .exitCode,
    ).not.toBe(0);
    // Among others: a client that was turned away before may still be trying.
    const reason = 'tls: first record does not look like a TLS handshake';
    await eventually('a line about it', () =>
      logged(node.log, REJECTED).some(({ error }) => error === reason) ? true : undefined,
    );
    const reverse = await curl(...store.curlFlags('alice'), plainUrl.replace('http:', 'https:'));
    expect(reverse.exitCode).not.toBe(0);
  });

  it('answers on the plain URL by names of --host-whitelist alone, with TLS by any', async () => {
    const status = async (...args: readonly string[]): Promise<string> => {
      const written = ['--output', '/dev/null', '--write-out', '%{http_code}'];
      return (await curl(...store.curlFlags('alice'), ...written, ...args)).stdout;
    };
    expect(await status(`${plainUrl}/version`)).toBe('421');
    expect(await status('--header', 'Host: allowed.example:1', `${plainUrl}/version`)).toBe('200');
    expect(await status('--header', 'Host: other.example', `${url}/version`)).toBe('200');
  });

  it('lets pages of origins in --cors read its answers, and no others', async () => {
    const allowed = async (origin: string): Promise<boolean> => {
      const headers = ['--include', '--header', `Origin: ${origin}`, `${url}/version`];
      const { stdout } = await curl(...store.curlFlags('alice'), ...headers);
      return stdout.toLowerCase().includes(`access-control-allow-origin: ${origin}\r\n`);
    };
    expect(await allowed('https://page.example')).toBe(true);
    expect(await allowed('https://other.example')).toBe(false);
  });

  it('serves a renewed certificate of its own without a restart', async () => {
    const shown = async (): Promise<string> =>
      (await curl(...store.curlFlags('alice'), '--verbose', `${url}/health`)).stderr;
    expect(await shown()).toContain('CN=server');
    await store.issue('server', { commonName: 'renewed' });
    expect(await shown()).toContain('CN=renewed');
  });
});

describe('a member under a crowd that says nothing, with gRPC and HTTP on URLs of their own', () => {
  let node: EtcdProcess;
  let httpUrl: string;
  const crowd: Socket[] = [];

  beforeAll(async () => {
    httpUrl = `https://127.0.0.1:${await freePort()}`;
    const flags = [...store.clientSideFlags('server'), '--listen-client-http-urls', httpUrl];
    node = await startSecureNode({ flags });
  });
  afterAll(async () => {
    for (const socket of crowd) socket.destroy();
    await node.dispose();
  });

  it('turns away a revoked certificate on each of them', async () => {
    const revoked = await store.issue('eve');
    await store.revoke(revoked);
    const url = `https://127.0.0.1:${node.setup.clientPort}`;
    const times = ['--command-timeout', '1s', '--dial-timeout', '1s'];
    const get = await etcdctl(url, [...store.etcdctlFlags('eve'), ...times, 'get', 'k']);
    expect(get.exitCode).not.toBe(0);
    const overGrpc = logged(node.log, REJECTED).length;
    expect(overGrpc).toBeGreaterThan(0);
    expect((await curl(...store.curlFlags('eve'), `${httpUrl}/health`)).exitCode).not.toBe(0);
    const reasons = logged(node.log, REJECTED).map(({ error }) => error);
    expect(reasons.length).toBeGreaterThan(overGrpc);
    const reason = `transport: certificate serial ${revoked.serialNumber} revoked`;
    expect(new Set(reasons)).toEqual(new Set([reason]));
    expect((await curl(...store.curlFlags('alice'), `${httpUrl}/health`)).exitCode).toBe(0);
  });

  it('serves those who mean it meanwhile', async () => {
    const beginning = Buffer.from('16030102000100', 'hex');
    for (let count = 0; count < 1_000; count++) {
      const socket = connect(node.setup.clientPort, '127.0.0.1');
      crowd.push(socket.on('error', () => undefined));
      // Half of them begin a handshake and leave it there.
      if (count % 2 === 0) socket.write(beginning);
    }
    await Promise.all(crowd.map((socket) => socket.connecting && once(socket, 'connect')));
    const put = await etcdctl(`https://${node.endpoint}`, [
      ...store.etcdctlFlags('alice'),
      ...['--dial-timeout', '20s', '--command-timeout', '20s'],
      ...['put', 'k', 'v'],
    ]);
    expect(put).toMatchObject({ exitCode: 0 });
  });
});

describe('versions of TLS', () => {
  it.each([
    [
      'TLS1.2',
      ['--tls-max-version', 'TLS1.2', '--cipher-suites', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256'],
    ],
    ['TLS1.3', ['--tls-min-version', 'TLS1.3']],
  ])('etcdctl, etcd3 and curl over %s', async (version, flags) => {
    const node = await startSecureNode({ flags: [...store.clientSideFlags('server'), ...flags] });
    const url = `https://127.0.0.1:${node.setup.clientPort}`;
    try {
      const put = await etcdctl(url, [...store.etcdctlFlags('alice'), 'put', 'k', version]);
      expect(put).toMatchObject({ exitCode: 0 });
      const seen = await curl(...store.curlFlags('alice'), '--verbose', `${url}/health`);
      expect(seen.stderr).toMatch(
        version === 'TLS1.2'
          ? /using TLSv1\.2 \/ ECDHE-ECDSA-AES128-GCM-SHA256/u
          : /using TLSv1\.3 \//u,
      );
      const other = version === 'TLS1.2' ? ['--tlsv1.3'] : ['--tls-max', '1.2'];
      expect(
        (await curl(...store.curlFlags('alice'), ...other, `${url}/health`)).exitCode,
      ).not.toBe(0);
    } finally {
      await node.dispose();
    }
  });
});

describe('--auto-tls', () => {
  it('makes a certificate once, for nobody else to read, and serves with it', async () => {
    const node = await startSecureNode({ flags: ['--auto-tls'] });
    const directory = join(node.setup.dataDir, 'fixtures', 'client');
    const url = `https://127.0.0.1:${node.setup.clientPort}`;
    const insecure = ['--insecure-transport=false', '--insecure-skip-tls-verify'];
    try {
      expect(await etcdctl(url, [...insecure, 'put', 'k', 'v'])).toMatchObject({ exitCode: 0 });
      const certificate = readFileSync(join(directory, 'cert.pem'));
      expect(statSync(join(directory, 'key.pem')).mode & 0o777).toBe(0o600);
      expect(statSync(directory).mode & 0o777).toBe(0o700);
      await node.stop();
      const again = await node.restart();
      try {
        const trusting = ['--cacert', join(directory, 'cert.pem')];
        expect((await etcdctl(url, [...trusting, 'get', 'k'])).stdout).toBe('k\nv\n');
        expect(readFileSync(join(directory, 'cert.pem'))).toEqual(certificate);
      } finally {
        await again.stop('SIGKILL');
      }
    } finally {
      await node.dispose();
    }
  });
});
