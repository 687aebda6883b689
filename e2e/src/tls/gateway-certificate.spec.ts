import {
  etcdctl,
  runCommand,
  type CommandResult,
  type EtcdProcess,
  type Flavour,
} from '@etcd-ts/testkit';

import { CertificateStore } from './certificate-store.js';
import { startSecureNode } from './secure-node.js';

const SIDES: readonly Flavour[] = ['ours', 'reference'];
const REFUSAL =
  'CommonName of client sending a request against gateway will be ignored and not used as expected\n';
const KEY = Buffer.from('k').toString('base64');

describe.each(SIDES)('the JSON API, for who shows a certificate (%s)', (flavour) => {
  let store: CertificateStore;
  let node: EtcdProcess;

  beforeAll(async () => {
    store = await CertificateStore.create();
    await store.issue('server');
    await store.issue('root');
    await store.issue('nameless', { commonName: '' });
    const flags = [...store.clientSideFlags('server'), '--enable-grpc-gateway=true'];
    node = await startSecureNode({ flavour, flags });
  });
  afterAll(async () => {
    await node.dispose();
    store.remove();
  });

  const curl = (name: string, path: string, ...args: readonly string[]): Promise<CommandResult> =>
    runCommand('curl', [
      ...store.curlFlags(name),
      ...['--write-out', '%{http_code}', ...args, `https://${node.endpoint}${path}`],
    ]);
  const range = (name: string, ...args: readonly string[]): Promise<CommandResult> =>
    curl(name, '/v3/kv/range', '--data', JSON.stringify({ key: KEY }), ...args);
  const setUp = async (command: string): Promise<void> => {
    const args = [...store.etcdctlFlags('root'), ...command.split(' ')];
    const done = await etcdctl(`https://${node.endpoint}`, args);
    if (done.exitCode !== 0) throw new Error(`${command}: ${done.stderr}`);
  };

  it('does not look at its name as long as there are no users', async () => {
    await setUp('put k v');
    expect((await range('root')).stdout).toMatch(/"count":"1"\}200$/u);
  });

  // CVE-2018-16886: it was taken for the user whose name the server's own certificate had.
  it('is never open to the user it names, and says so', async () => {
    await setUp('user add root:rootpw');
    await setUp('user grant-role root root');
    await setUp('auth enable');
    expect((await range('root')).stdout).toBe(`${REFUSAL}400`);
    expect((await range('root', '--http1.1')).stdout).toBe(`${REFUSAL}400`);
    const { stdout } = await curl('root', '/v3beta/kv/range', '--request', 'OPTIONS', '--include');
    expect(stdout.replaceAll('\r', '')).toMatch(
      /^HTTP\/2 400 \n[^]*x-content-type-options: nosniff/u,
    );
    expect(stdout.toLowerCase()).not.toContain('access-control');
  });

  it('asks for a token, and takes it from a certificate without a name', async () => {
    expect((await range('nameless')).stdout).toMatch(/user name is empty[^]*400$/u);
    const login = JSON.stringify({ name: 'root', password: 'rootpw' });
    const answer = await curl('nameless', '/v3/auth/authenticate', '--data', login);
    const token = /"token":"([^"]+)"/u.exec(answer.stdout)?.[1] ?? '';
    expect((await range('nameless', '--header', `Authorization: ${token}`)).stdout).toMatch(
      /"count":"1"\}200$/u,
    );
    expect((await range('root', '--header', `Authorization: ${token}`)).stdout).toBe(
      `${REFUSAL}400`,
    );
  });

  it('leaves pages to everybody with a certificate', async () => {
    expect((await curl('root', '/version')).stdout).toMatch(/^\{"etcdserver"[^]*200$/u);
  });
});
