import { checkKeys, explain, HistoryRecorder, type Operation } from '@etcd-ts/checker';
import { SeededRng, type Rng } from '@etcd-ts/foundation';
import { eventually, pause, type ClusterMember, type EtcdCluster } from '@etcd-ts/testkit';

import { ask } from '../../v2/http-request.js';

const CLIENTS = 3;
const KEYS = 4;
const THINK_MS = 10;
const DEADLINE_MS = 3_000;
const AGREEMENT_TIMEOUT_MS = 90_000;
const NOT_FOUND = 404;

interface Node {
  readonly value?: string;
}

/** Puts, deletes and quorum reads of a few v2 keys, each key a register; judged apart from v3. */
export class V2Keys {
  readonly #cluster: EtcdCluster;
  readonly #recorder = new HistoryRecorder(() => performance.now());
  readonly #prefix: string;
  readonly #running: Promise<unknown>;
  #stopping = false;
  #values = 0;
  answered = 0;

  constructor(cluster: EtcdCluster, seed: number) {
    this.#cluster = cluster;
    this.#prefix = `r${seed}`;
    const clients = Array.from({ length: CLIENTS }, (_, client) =>
      this.#client(client, new SeededRng(seed * 100 + client)),
    );
    this.#running = Promise.all(clients);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
  }

  /** Rejects when no order explains the answers, or members show different keys. */
  async verify(): Promise<number> {
    const history = this.#recorder.history();
    const verdict = checkKeys(history);
    if (verdict.kind === 'violation') throw new Error(`v2 keys: ${explain(verdict.violation)}`);
    if (verdict.kind === 'unknown') throw new Error(`v2 keys: undecided, ${verdict.reason}`);
    await eventually(
      'all members show the same v2 keys',
      async () => {
        const trees = await Promise.all(this.#cluster.members.map((member) => this.#tree(member)));
        return new Set(trees).size === 1 ? true : undefined;
      },
      AGREEMENT_TIMEOUT_MS,
    );
    return history.length;
  }

  async #client(client: number, rng: Rng): Promise<void> {
    while (!this.#stopping) {
      const { awake } = this.#cluster;
      const member = awake[rng.below(Math.max(1, awake.length))];
      if (member !== undefined) await this.#once(client, member, rng);
      await pause(THINK_MS);
    }
  }

  async #once(client: number, member: ClusterMember, rng: Rng): Promise<void> {
    const key = `${this.#prefix}k${rng.below(KEYS)}`;
    const operation = this.#operation(key, rng);
    const call = this.#recorder.invoke(client, operation, member.identity);
    const answer = await this.#send(member, operation).catch(() => undefined);
    if (answer === undefined || answer.status >= 500) {
      // A read has no effect, whatever it died of.
      if (operation.kind === 'range') call.failed('notServed');
      else call.unknown();
      return;
    }
    this.answered++;
    const { node } = JSON.parse(answer.body) as { readonly node?: Node };
    if (operation.kind === 'put') call.ok(0, { kind: 'put' });
    else if (operation.kind === 'deleteRange') {
      call.ok(0, { kind: 'deleteRange', deleted: answer.status === NOT_FOUND ? 0 : 1 });
    } else {
      const value = answer.status === NOT_FOUND ? undefined : node?.value;
      const kvs = value === undefined ? [] : [{ ...NOTHING, key, value }];
      call.ok(0, { kind: 'range', kvs, count: kvs.length, more: false });
    }
  }

  #operation(key: string, rng: Rng): Operation {
    const kind = rng.below(10);
    if (kind < 4) return { kind: 'range', key };
    if (kind < 9) return { kind: 'put', key, value: `v${this.#values++}` };
    return { kind: 'deleteRange', key };
  }

  #send(member: ClusterMember, operation: Operation) {
    if (!('key' in operation)) throw new Error(`${operation.kind} is nothing of v2`);
    const path = `/v2/keys/${operation.key}`;
    const sent = (method: string, target: string, body = '') => {
      const headers = { 'Content-Type': 'application/x-www-form-urlencoded' };
      const timeout = AbortSignal.timeout(DEADLINE_MS);
      return within(ask(member.endpoint, { method, target, headers, body }, false), timeout);
    };
    if (operation.kind === 'put') return sent('PUT', path, `value=${operation.value}`);
    return operation.kind === 'range' ? sent('GET', `${path}?quorum=true`) : sent('DELETE', path);
  }

  async #tree(member: ClusterMember): Promise<string> {
    const target = '/v2/keys/?recursive=true&sorted=true';
    const { body } = await ask(
      member.endpoint,
      { method: 'GET', target, headers: {}, body: '' },
      false,
    );
    return body;
  }
}

/** What the v2 API does not tell of a key. */
const NOTHING = { createRevision: 0, modRevision: 0, version: 0, lease: 0n };

/** An answer that comes later is nobody's. */
function within<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('no answer in time')));
    answer.then(resolve, reject);
  });
}
