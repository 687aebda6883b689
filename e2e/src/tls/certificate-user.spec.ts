import { etcdctl, type CommandResult, type EtcdProcess, type Flavour } from '@etcd-ts/testkit';

import { CertificateStore } from './certificate-store.js';
import { startSecureNode } from './secure-node.js';

const SIDES: readonly Flavour[] = ['ours', 'reference'];

describe.each(SIDES)('a user by the certificate (%s)', (flavour) => {
  let store: CertificateStore;
  let node: EtcdProcess;

  beforeAll(async () => {
    store = await CertificateStore.create();
    await store.issue('server');
    for (const name of ['root', 'alice', 'nobody']) await store.issue(name);
    const flags = [...store.clientSideFlags('server'), '--enable-grpc-gateway=false'];
    node = await startSecureNode({ flavour, flags });
    for (const command of [
      'user add root:rootpw',
      'user grant-role root root',
      'role add reader',
      'role grant-permission reader read k',
      'user add alice --no-password',
      'user grant-role alice reader',
      'put k v',
      'auth enable',
    ]) {
      const done = await as('root', ...command.split(' '));
      if (done.exitCode !== 0) throw new Error(`${command}: ${done.stderr}`);
    }
  });
  afterAll(async () => {
    await node.dispose();
    store.remove();
  });

  const as = (name: string, ...args: readonly string[]): Promise<CommandResult> =>
    etcdctl(`https://${node.endpoint}`, [...store.etcdctlFlags(name), ...args]);

  it('has the rights of the user of that name, without a login', async () => {
    expect(await as('root', 'put', 'other', '1')).toMatchObject({ exitCode: 0 });
    expect((await as('alice', 'get', 'k')).stdout).toBe('k\nv\n');
  });

  it('has no more than those', async () => {
    for (const command of [
      ['get', 'other'],
      ['put', 'k', '2'],
      ['user', 'list'],
      ['auth', 'disable'],
    ]) {
      expect((await as('alice', ...command)).stderr).toContain('etcdserver: permission denied');
    }
  });

  it('is nobody when there is no user of that name', async () => {
    const { exitCode, stderr } = await as('nobody', 'get', 'k');
    expect(exitCode).not.toBe(0);
    expect(stderr).toContain('etcdserver: permission denied');
  });

  it('is whoever logs in, whatever the certificate says', async () => {
    expect(await as('alice', '--user', 'root:rootpw', 'put', 'k', 'v')).toMatchObject({
      exitCode: 0,
    });
    expect((await as('root', '--user', 'alice:wrong', 'get', 'k')).exitCode).not.toBe(0);
  });
});
