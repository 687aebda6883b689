import { runCommand, type EtcdProcess, type Flavour } from '@etcd-ts/testkit';

import { CertificateStore } from './certificate-store.js';
import { startSecureNode } from './secure-node.js';

const SIDES: readonly Flavour[] = ['ours', 'reference'];

describe.each(SIDES)('a user of the v2 API by the certificate (%s)', (flavour) => {
  let store: CertificateStore;
  let node: EtcdProcess;

  beforeAll(async () => {
    store = await CertificateStore.create();
    await store.issue('server');
    for (const name of ['root', 'alice', 'nobody']) await store.issue(name);
    const flags = [...store.clientSideFlags('server'), '--enable-v2=true'];
    node = await startSecureNode({ flavour, flags });
    const reader = { role: 'reader', permissions: { kv: { read: ['/a'], write: [] } } };
    const everything = { read: ['/*'], write: ['/*'] };
    for (const [path, body] of [
      ['/v2/auth/users/root', { user: 'root', password: 'rootpw' }],
      ['/v2/auth/roles/reader', reader],
      ['/v2/auth/users/alice', { user: 'alice', password: 'alicepw', roles: ['reader'] }],
      ['/v2/auth/enable', undefined],
      // By the certificate already: from here on only root may.
      ['/v2/keys/a?value=1', undefined],
      ['/v2/keys/b?value=2', undefined],
      ['/v2/auth/roles/guest', { role: 'guest', revoke: { kv: everything } }],
    ] as const) {
      const data = body === undefined ? [] : ['--data', JSON.stringify(body)];
      const json = ['--header', 'Content-Type: application/json'];
      const status = await ask('root', path, '--request', 'PUT', ...json, ...data);
      if (!/20[01]$/u.test(status)) throw new Error(`${path}: ${status}`);
    }
  });
  afterAll(async () => {
    await node.dispose();
    store.remove();
  });

  const ask = async (name: string, path: string, ...args: readonly string[]): Promise<string> => {
    const { stdout } = await runCommand('curl', [
      ...store.curlFlags(name),
      ...['--write-out', '%{http_code}', ...args, `https://${node.endpoint}${path}`],
    ]);
    return stdout;
  };

  it.each(['--http2', '--http1.1'])(
    'has the rights of the user of that name (%s)',
    async (http) => {
      expect(await ask('alice', '/v2/keys/a', http)).toMatch(/"value":"1"[^]*200$/u);
      expect(await ask('alice', '/v2/keys/b', http)).toMatch(/Insufficient credentials[^]*401$/u);
      expect(await ask('root', '/v2/keys/b', http)).toMatch(/"value":"2"[^]*200$/u);
    },
  );

  it('is a guest when there is no user of that name', async () => {
    expect(await ask('nobody', '/v2/keys/a')).toMatch(/401$/u);
  });

  it('is whoever logs in, whatever the certificate says', async () => {
    expect(await ask('root', '/v2/keys/b', '--user', 'alice:alicepw')).toMatch(/401$/u);
    expect(await ask('alice', '/v2/keys/b', '--user', 'root:rootpw')).toMatch(/200$/u);
    expect(await ask('root', '/v2/keys/b', '--user', 'root:wrong')).toMatch(/401$/u);
  });
});
