import { EtcdProcess, RpcClient, succeeded } from '@etcd-ts/testkit';
import { AuthDefinition, KVDefinition, RangeRequest } from '@etcd-ts/wire-protocol';

import { guess, GUESS, guessOnce } from '../login-flood/guesses.js';
import { processorMs } from '../login-flood/processor-time.js';
import { enableUsers, ROOT } from '../login-flood/users.js';
import { write } from '../login-flood/writes.js';

const WRITES_MS = 3_000;
const CALLS = 600;
const IN_FLIGHT = 20;

describe('five hundred wrong logins a second', () => {
  let node: EtcdProcess;
  let client: RpcClient;
  let token: string;
  beforeAll(async () => {
    node = await EtcdProcess.start({ flavour: 'ours', flags: ['--bcrypt-cost', '4'] });
    client = new RpcClient(node.endpoint);
    token = await enableUsers(client);
  });
  afterAll(async () => {
    client.close();
    await node.dispose();
  });

  it('are mostly not looked at, let writes go on, and say so in a few lines', async () => {
    const guesser = new RpcClient(node.endpoint);
    const [writes, answers] = await Promise.all([
      write(client, token, WRITES_MS, 1),
      guess(guesser, { perSecond: 500, durationMs: WRITES_MS }),
    ]);
    guesser.close();

    expect([...answers.keys()].sort()).toEqual([
      'etcdserver: authentication failed, invalid user ID or password',
      'etcdserver: too many requests',
    ]);
    const looked = answers.get('etcdserver: authentication failed, invalid user ID or password');
    expect(looked).toBeLessThan(20);
    expect(answers.get('etcdserver: too many requests')).toBeGreaterThan(100);
    // How fast is said by `npm run login-flood`, where the guesses come from another process.
    expect(writes.length).toBeGreaterThan(0);
    expect(node.log).toContain('refused a login without looking at it after too many wrong ones');
    expect(node.log.split('\n').filter((line) => line.includes('login')).length).toBeLessThan(60);
    expect(node.log).not.toContain(GUESS);
    expect(node.log).not.toContain(ROOT.password);
  });

  it('cost the node less than three times as much as so many reads', async () => {
    const read = RangeRequest.create({ key: Buffer.from('k'), serializable: true });
    const { range } = KVDefinition.methods;
    const options = { metadata: { token } };
    const guesses = (): Promise<unknown> => guessOnce(client);
    const reads = (): Promise<unknown> =>
      succeeded(client.unary(KVDefinition, range, read, options));
    for (const warmUp of [guesses, reads]) await many(warmUp);
    let wrongMs = 0;
    let readMs = 0;
    // In turns, so that what else the machine does slows both.
    for (let round = 0; round < 3; round++) {
      wrongMs += await costOf(guesses);
      readMs += await costOf(reads);
    }
    expect(wrongMs / readMs).toBeLessThan(3);
  });

  async function costOf(call: () => Promise<unknown>): Promise<number> {
    const before = processorMs(node.pid);
    await many(call);
    return processorMs(node.pid) - before;
  }

  it('keep nobody out but who has the name that was tried', async () => {
    const { authenticate, userAdd } = AuthDefinition.methods;
    const ann = { name: 'ann', password: 'right' };
    const asRoot = { metadata: { token } };
    const added = { ...ann, options: undefined, hashedPassword: '' };
    await succeeded(client.unary(AuthDefinition, userAdd, added, asRoot));
    await succeeded(client.unary(AuthDefinition, authenticate, ann));
  });
});

async function many(call: () => Promise<unknown>): Promise<void> {
  for (let done = 0; done < CALLS; done += IN_FLIGHT) {
    await Promise.all(Array.from({ length: IN_FLIGHT }, call));
  }
}
