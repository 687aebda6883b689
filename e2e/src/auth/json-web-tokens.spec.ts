import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { setUpTokens } from '@etcd-ts/credentials';
import { SILENT_LOGGER } from '@etcd-ts/foundation';
import {
  createScratchDirectory,
  EtcdProcess,
  removeScratchDirectory,
  RpcClient,
  succeeded,
} from '@etcd-ts/testkit';
import {
  AuthDefinition,
  AuthUserAddRequest,
  KVDefinition,
  PutRequest,
} from '@etcd-ts/wire-protocol';

const directory = createScratchDirectory('jwt');
afterAll(() => removeScratchDirectory(directory));

/** The value of --auth-token, its keys written to files. */
function tokenFlag(method: string): string {
  const curve = { namedCurve: 'P-256' };
  const pair =
    method === 'ES256'
      ? generateKeyPairSync('ec', curve)
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  const [publicPath, privatePath] = ['pub', 'key'].map((end) =>
    join(directory, `${method}.${end}`),
  );
  const spki = pair.publicKey.export({ type: 'spki', format: 'pem' });
  const own = method === 'ES256' ? ('sec1' as const) : ('pkcs1' as const);
  writeFileSync(publicPath ?? '', spki, { mode: 0o600 });
  writeFileSync(privatePath ?? '', exported(pair.privateKey, own), { mode: 0o600 });
  return `jwt,pub-key=${publicPath},priv-key=${privatePath},sign-method=${method},ttl=10m`;
}

function exported(key: ReturnType<typeof generateKeyPairSync>['privateKey'], type: string): string {
  return (key as { export(options: object): string }).export({ type, format: 'pem' });
}

function ourTokens(flag: string) {
  const outcome = setUpTokens({
    flag,
    simpleTtlSeconds: 300,
    clock: { monotonicMs: () => performance.now(), wallMs: () => Date.now() },
    logger: SILENT_LOGGER,
    applied: () => true,
  });
  if (outcome.kind === 'invalid') throw new Error(outcome.reason);
  return outcome.tokens;
}

const { userAdd, userGrantRole, authEnable, authenticate } = AuthDefinition.methods;

/** A root with a password, and authentication enabled; its token. */
async function enable(client: RpcClient): Promise<string> {
  const root = AuthUserAddRequest.fromPartial({ name: 'root', password: 'pw' });
  const grant = { user: 'root', role: 'root' };
  await succeeded(client.unary(AuthDefinition, userAdd, root));
  await succeeded(client.unary(AuthDefinition, userGrantRole, grant));
  await succeeded(client.unary(AuthDefinition, authEnable, {}));
  const login = { name: 'root', password: 'pw' };
  return (await succeeded(client.unary(AuthDefinition, authenticate, login))).token;
}

describe('JSON web tokens', () => {
  it.each(['RS256', 'PS256', 'ES256'])(
    'of %s pass between the original and us, both ways',
    async (method) => {
      const flag = tokenFlag(method);
      const node = await EtcdProcess.start({ flavour: 'reference', flags: ['--auth-token', flag] });
      const client = new RpcClient(node.endpoint);
      try {
        const theirs = await enable(client);
        const ours = ourTokens(flag);
        expect(await ours.identify(theirs, 1)).toEqual({ username: 'root', revision: 3 });
        const put = async (revision: number) => {
          const login = { username: 'root', tokenPrefix: '', index: 1 };
          const issued = await ours.issue(login, revision);
          const token = issued.kind === 'ok' ? issued.token : '';
          const request = PutRequest.fromPartial({ key: Buffer.from('k') });
          return client.unary(KVDefinition, KVDefinition.methods.put, request, {
            metadata: { token },
          });
        };
        expect(await put(3)).toMatchObject({ kind: 'ok' });
        expect(await put(2)).toMatchObject({ message: expect.stringContaining('old') as string });
      } finally {
        client.close();
        await node.dispose();
      }
    },
  );
});
