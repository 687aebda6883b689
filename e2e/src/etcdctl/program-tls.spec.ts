import { join } from 'node:path';

import { runCommand, workspaceRoot } from '@etcd-ts/testkit';
import { CertificateAuthority } from '@etcd-ts/tls';

import { CertificateStore } from '../tls/certificate-store.js';
import { startSecureNode } from '../tls/secure-node.js';
import { ProgramPair, useStartedPair } from './program-pair.js';

/* Flags about connections, with our etcdctl and the original's at one member of ours. */

let store: CertificateStore;
afterAll(() => store.remove());

const pair = useStartedPair(async () => {
  store = await CertificateStore.create();
  await store.issue('server');
  await store.issue('client');
  await store.issue('other', { authority: await CertificateAuthority.create('other') });
  store.write('nothing', 'nothing');
  store.write('broken.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
  const moreClientUrls = ['s', 'ss'].map(
    (scheme, i) => `unix${i === 0 ? '' : 's'}://${store.path(scheme)}`,
  );
  return ProgramPair.at(
    await startSecureNode({ moreClientUrls, flags: store.clientSideFlags('server') }),
  );
});

/** A slow machine may take as long as it does. */
const PATIENTLY = '--dial-timeout 60s --command-timeout 60s';
const MINE = '--cacert ca.pem --cert client.pem --key client.key';
/** For what is not going to be answered. */
const SOON = '--command-timeout 500ms';

const LINES = {
  'reach the member': [
    `--endpoints https://{endpoint} ${MINE} ${PATIENTLY} get a`,
    `--endpoints https://127.0.0.1:1,{endpoint} ${MINE} ${PATIENTLY} member list`,
    `--endpoints https://{endpoint} --insecure-skip-tls-verify --cert client.pem --key client.key ${PATIENTLY} get a`,
    `--endpoints unix://s ${PATIENTLY} get a`,
  ],
  'do not': [
    `--endpoints https://{endpoint} --cacert ca.pem ${SOON} get a`,
    `--endpoints https://{endpoint} --cacert other.pem --cert client.pem --key client.key ${SOON} get a`,
    `--endpoints http://{endpoint} ${MINE} ${SOON} get a`,
    `--endpoints {endpoint} --insecure-transport=false ${SOON} get a`,
    `--endpoints unix://s ${MINE} ${SOON} get a`,
    `--endpoints unix://none ${SOON} get a`,
    `--endpoints 127.0.0.1 ${SOON} get a`,
  ],
  'are refused': [
    '--endpoints "" get a',
    '--cacert . get a',
    '--cacert broken.pem get a',
    '--cert client.pem --key server.key get a',
    '--cert client.key --key nothing get a',
    '--cert client.pem --key nothing get a',
  ],
} as const;

describe.each(Object.entries(LINES))('connections that %s', (_what, lines) => {
  it('are told the same', async () => {
    const results = await Promise.all(
      lines.map((line) => pair().run(line, { cwd: store.directory })),
    );
    const seen = (side: 'ours' | 'reference'): unknown =>
      results.map((result, i) => ({ line: lines[i], ...result[side] }));
    expect(seen('ours')).toEqual(seen('reference'));
  });
});

describe('what the original does not take', () => {
  const ours = async (line: string): Promise<string> => {
    const { stdout, stderr } = await pair().one('ours', line, { cwd: store.directory });
    return stdout + stderr;
  };

  it('is a socket with TLS, and not to verify an https:// endpoint without certificates', async () => {
    expect(await ours(`--endpoints unixs://ss ${MINE} ${PATIENTLY} put a b`)).toBe('OK\n');
    const skipped = await ours(
      `--endpoints https://{endpoint} --insecure-skip-tls-verify ${SOON} get a`,
    );
    expect(skipped).not.toMatch(/certificate|issuer/u);
  });

  it('is a word about authorities that are none, before anybody is asked', async () => {
    expect(await ours('--cacert nothing get a')).toBe(
      'Error: no certificate of an authority in the trusted CA file nothing\n',
    );
  });
});

describe('the launcher, which keeps NODE_EXTRA_CA_CERTS from Node', () => {
  const line = `--cert client.pem --key client.key ${PATIENTLY} lock extra -- printenv NODE_EXTRA_CA_CERTS`;
  const launch = (env: Readonly<Record<string, string>>): ReturnType<typeof runCommand> =>
    runCommand(
      join(workspaceRoot(), 'bin', 'etcdctl'),
      ['--endpoints', `https://${pair().endpoint('ours')}`, ...line.split(' ')],
      { cwd: store.directory, env },
    );

  it('leaves those authorities believed, and the variable to the commands it runs', async () => {
    const file = store.path('ca.pem');
    expect(await launch({ NODE_EXTRA_CA_CERTS: file })).toMatchObject({
      stdout: `${file}\n`,
      exitCode: 0,
    });
  });
});
