import { freePort } from '@etcd-ts/testkit';

import { describeWithDns, DOMAIN, NameServer, withNameserver } from '../discovery/name-server.js';
import { CertificateStore } from '../tls/certificate-store.js';
import { startSecureNode } from '../tls/secure-node.js';
import { ProgramPair, useStartedPair } from './program-pair.js';

/* Endpoints from DNS, with our etcdctl and the original's, at one member of ours. */

const PATIENTLY = '--dial-timeout 60s --command-timeout 60s';
const SOON = '--command-timeout 500ms';
const TRUSTING = '--cacert ca.pem --cert client.pem --key client.key';

const LINES: readonly string[] = [
  `--discovery-srv ${DOMAIN} ${TRUSTING} ${PATIENTLY} get a`,
  `--discovery-srv ${DOMAIN} ${SOON} get a`,
  `--discovery-srv ${DOMAIN} --discovery-srv-name plain ${PATIENTLY} get a`,
  `--discovery-srv ${DOMAIN} --discovery-srv-name plain --insecure-discovery=false ${SOON} --endpoints 127.0.0.1:1 get a`,
  `--discovery-srv ${DOMAIN} --discovery-srv-name none get a`,
  `--discovery-srv none.${DOMAIN} get a`,
];

describeWithDns('etcdctl with --discovery-srv', () => {
  let store: CertificateStore;
  let dns: NameServer;
  afterAll(async () => {
    await dns.dispose();
    store.remove();
  });

  const pair = useStartedPair(async () => {
    store = await CertificateStore.create();
    await store.issue('server', { hosts: [DOMAIN, 'localhost', '127.0.0.1'] });
    await store.issue('client');
    const plain = await freePort();
    const node = await startSecureNode({
      moreClientUrls: [`http://127.0.0.1:${plain}`],
      flags: store.clientSideFlags('server'),
    });
    const [, port = ''] = /:(\d+)$/u.exec(node.endpoint) ?? [];
    dns = await NameServer.start({
      '_etcd-client-ssl': [`localhost:${port}`],
      '_etcd-client-plain': [`localhost:${plain}`],
    });
    return ProgramPair.at(node, withNameserver(store.directory, dns.host));
  });

  it('finds, trusts and refuses what the original does, in its words', async () => {
    const results = await Promise.all(
      LINES.map((line) => pair().run(line, { cwd: store.directory })),
    );
    const seen = (side: 'ours' | 'reference'): unknown =>
      results.map((result, i) => ({ line: LINES[i], ...result[side] }));
    expect(seen('ours')).toEqual(seen('reference'));
  });

  it('takes the domain from its variable, and asks those of DNS for their health as well', async () => {
    const { stdout, stderr } = await pair().one(
      'ours',
      `--discovery-srv-name plain ${PATIENTLY} endpoint health`,
      { cwd: store.directory, env: { ETCDCTL_DISCOVERY_SRV: DOMAIN } },
    );
    expect(stdout + stderr).toMatch(/^http:\/\/localhost:\d+ is healthy/u);
  });
});
