import { KVDefinition, PutRequest, RangeRequest, type RangeResponse } from '@etcd-ts/wire-protocol';
import { eventually, pause, succeeded, type RpcClient } from '@etcd-ts/testkit';
import { CertificateAuthority } from '@etcd-ts/tls';

import { CertificateStore } from './certificate-store.js';
import { SecureCluster, secureClient } from './secure-cluster.js';
import { logged } from './secure-node.js';

const { put, range } = KVDefinition.methods;
/** Writes that must come through in each stage of the rotation. */
const WRITES_PER_STAGE = 12;

/** Hundreds of handshakes and an election: seconds on a quiet machine, a minute on a busy one. */
const ROTATION_TIMEOUT_MS = 180_000;

/** Puts one key after the other and remembers which were acknowledged. */
class Writer {
  readonly acknowledged: string[] = [];
  readonly failures: string[] = [];
  readonly #connect: () => RpcClient;
  #stopped = false;
  readonly ended: Promise<void>;

  constructor(name: string, connect: () => RpcClient, connectsAnew: boolean) {
    this.#connect = connect;
    this.ended = this.#run(name, connectsAnew);
  }

  async #run(name: string, connectsAnew: boolean): Promise<void> {
    let client = this.#connect();
    for (let count = 0; !this.#stopped; count++) {
      const key = `${name}/${count}`;
      const bytes = Buffer.from(key);
      const request = PutRequest.fromPartial({ key: bytes, value: bytes });
      const outcome = await client.unary(KVDefinition, put, request, { deadlineMs: 10_000 });
      if (outcome.kind === 'ok') this.acknowledged.push(key);
      else this.failures.push(outcome.message);
      if (connectsAnew) {
        client.close();
        client = this.#connect();
      }
      await pause(2);
    }
    client.close();
  }

  /** Resolves when so many more writes have been acknowledged. */
  async goOn(writes: number): Promise<void> {
    const target = this.acknowledged.length + writes;
    const isThere = (): true | undefined => (this.acknowledged.length >= target ? true : undefined);
    await eventually('writes go on', isThere).catch((error: unknown) => {
      const { acknowledged, failures } = this;
      throw new Error(JSON.stringify([acknowledged.length, failures.slice(0, 5)]), {
        cause: error,
      });
    });
  }

  stop(): Promise<void> {
    this.#stopped = true;
    return this.ended;
  }
}

describe('another authority, put in place under load', () => {
  let store: CertificateStore;
  let cluster: SecureCluster;
  let writers: readonly Writer[] = [];

  beforeAll(async () => {
    store = await CertificateStore.create();
    for (const name of ['server', 'member', 'client', 'old-client']) await store.issue(name);
    cluster = await SecureCluster.start(
      ['ours', 'ours', 'ours'],
      store,
      store.peerSideFlags('member'),
    );
  });
  afterAll(async () => {
    await Promise.all(writers.map((writer) => writer.stop()));
    await cluster.dispose();
    store.remove();
  });

  it(
    'loses no acknowledged write, fails none, and in the end shuts the old one out',
    async () => {
      writers = cluster.members
        .slice(0, 2)
        .flatMap((member, at) => [
          new Writer(`kept${at}`, () => secureClient(member, store, 'client'), false),
          new Writer(`anew${at}`, () => secureClient(member, store, 'client'), true),
        ]);
      const stage = (): Promise<unknown> =>
        Promise.all(writers.map((writer) => writer.goOn(WRITES_PER_STAGE)));
      await stage();
      const [old, next] = [store.authority, await CertificateAuthority.create('next')];
      // 1. Everybody trusts both.
      store.write('ca.pem', old.certificate + next.certificate);
      await stage();
      // 2. Everybody shows certificates of the new one.
      for (const name of ['server', 'member', 'client'])
        await store.issue(name, { authority: next });
      await stage();
      // 3. Nobody trusts the old one any more.
      store.write('ca.pem', next.certificate);
      await stage();
      // Not one write failed so far, on connections of before or on new ones.
      expect(writers.flatMap(({ failures }) => failures)).toEqual([]);
      // A member whose connections are all new has to get along with the new authority alone.
      await cluster.restart(2);
      await stage();
      await Promise.all(writers.map((writer) => writer.stop()));
      for (const { name, process } of cluster.members) {
        expect([
          name,
          logged(process.log, 'failed to reload TLS files; those loaded before stay in force'),
        ]).toEqual([name, []]);
      }
      for (const [at, member] of cluster.members.entries()) {
        const keys = await keysIn(secureClient(member, store, 'client'));
        const lost = writers
          .flatMap(({ acknowledged }) => acknowledged)
          .filter((key) => !keys.has(key));
        expect([at, lost]).toEqual([at, []]);
      }
      const outsider = secureClient(cluster.member(0), store, 'old-client');
      const refused = await outsider.unary(KVDefinition, range, everything(), {
        deadlineMs: 1_000,
      });
      outsider.close();
      expect(refused.kind).toBe('error');
      expect(
        logged(cluster.member(0).process.log, 'rejected connection on client endpoint').at(-1),
      ).toMatchObject({
        error:
          'tls: failed to verify client certificate: x509: certificate signed by unknown authority',
      });
    },
    ROTATION_TIMEOUT_MS,
  );

  const everything = (): RangeRequest =>
    RangeRequest.fromPartial({ key: Buffer.from([0]), rangeEnd: Buffer.from([0]), keysOnly: true });

  async function keysIn(client: RpcClient): Promise<ReadonlySet<string>> {
    const response: RangeResponse = await succeeded(
      client.unary(KVDefinition, range, everything()),
    );
    client.close();
    return new Set(response.kvs.map(({ key }) => Buffer.from(key).toString()));
  }
});
