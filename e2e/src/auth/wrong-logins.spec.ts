import { EtcdProcess, RpcClient, succeeded } from '@etcd-ts/testkit';
import {
  AuthDefinition,
  AuthUserAddRequest,
  KVDefinition,
  PutRequest,
} from '@etcd-ts/wire-protocol';

const WRITES_MS = 3_000;
const WRONG_LOGINS_PER_SECOND = 500;
const GUESS = 'a guess at a password';

/** One write after the other, for a while: how many were acknowledged. */
async function write(client: RpcClient, token: string): Promise<number> {
  const request = PutRequest.create({ key: Buffer.from('k'), value: Buffer.alloc(256) });
  let acknowledged = 0;
  const untilMs = performance.now() + WRITES_MS;
  while (performance.now() < untilMs) {
    await succeeded(
      client.unary(KVDefinition, KVDefinition.methods.put, request, { metadata: { token } }),
    );
    acknowledged++;
  }
  return acknowledged;
}

/** Five hundred a second, whether they are answered or not. Resolves with the messages, counted. */
async function guess(client: RpcClient): Promise<ReadonlyMap<string, number>> {
  const request = { name: 'root', password: GUESS };
  const { authenticate } = AuthDefinition.methods;
  const answers: Promise<void>[] = [];
  const counts = new Map<string, number>();
  const startedMs = performance.now();
  while (performance.now() - startedMs < WRITES_MS) {
    const due = ((performance.now() - startedMs) / 1000) * WRONG_LOGINS_PER_SECOND;
    while (answers.length < due) {
      answers.push(
        client.unary(AuthDefinition, authenticate, request).then((outcome) => {
          const answer = outcome.kind === 'error' ? outcome.message : 'logged in';
          counts.set(answer, (counts.get(answer) ?? 0) + 1);
        }),
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await Promise.all(answers);
  return counts;
}

describe('five hundred wrong logins a second', () => {
  it('are mostly not looked at, let writes go on, and say so in a few lines', async () => {
    const node = await EtcdProcess.start({ flavour: 'ours' });
    const client = new RpcClient(node.endpoint);
    const { userAdd, userGrantRole, authEnable, authenticate } = AuthDefinition.methods;
    try {
      const root = { name: 'root', password: 'right' };
      const user = AuthUserAddRequest.create(root);
      await succeeded(client.unary(AuthDefinition, userAdd, user));
      const grant = { user: 'root', role: 'root' };
      await succeeded(client.unary(AuthDefinition, userGrantRole, grant));
      await succeeded(client.unary(AuthDefinition, authEnable, {}));
      const { token } = await succeeded(client.unary(AuthDefinition, authenticate, root));
      const guesser = new RpcClient(node.endpoint);
      const [writes, answers] = await Promise.all([write(client, token), guess(guesser)]);
      guesser.close();

      expect([...answers.keys()].sort()).toEqual([
        'etcdserver: authentication failed, invalid user ID or password',
        'etcdserver: too many requests',
      ]);
      const looked = answers.get('etcdserver: authentication failed, invalid user ID or password');
      expect(looked).toBeLessThan(20);
      expect(answers.get('etcdserver: too many requests')).toBeGreaterThan(100);
      // How fast is not said: the guesses come from this very process, and so does most of the slowness.
      expect(writes).toBeGreaterThan(0);
      expect(node.log).toContain('refused a login without looking at it after too many wrong ones');
      expect(node.log.split('\n').filter((line) => line.includes('login')).length).toBeLessThan(60);
      expect(node.log).not.toContain(GUESS);
    } finally {
      client.close();
      await node.dispose();
    }
  }, 40_000);
});
