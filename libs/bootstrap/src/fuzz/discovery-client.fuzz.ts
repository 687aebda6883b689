import type { CancelTimer, Rng, Scheduler } from '@etcd-ts/foundation';
import { assert, SeededRng, SILENT_LOGGER } from '@etcd-ts/foundation';
import { anyText, mutateJson, mutateText, ODD_WORDS, pick } from '@etcd-ts/fuzzing';
import { parseEndpointUrl } from '@etcd-ts/config';
import { parseInitialCluster } from '@etcd-ts/membership';
import type { KeyValue } from '@etcd-ts/wire-protocol';
import type { ExchangeRequest, ExchangeResult } from '../v2/http-exchange.js';
import { KeysClient } from '../v2/keys-client.js';
import { V2Discovery } from '../v2/v2-discovery.js';
import { readSizeValue } from '../v3/registry-keys.js';
import { composeV3Cluster, fullWithout, readV3Roster } from '../v3/v3-roster.js';

const JOINS = 10;
const V3_CASES = 30;
const OWN_ID = 'aa';
const OWN_VALUE = 'a=http://10.0.0.1:2380';
/** After so many pauses the operator gives up. */
const PAUSES = 5;
/** Between two pauses: a look, an entry, a wait for each of the others, and a look again. */
const MAX_REQUESTS = 40;
const STATUSES = [200, 200, 200, 201, 400, 403, 404, 412, 429, 500, 503, 301, 0];

/** A discovery service that says anything: whoever listens joins a whole cluster, fails or waits. */
export async function round(seed: number): Promise<number> {
  const rng = new SeededRng(seed);
  let answers = 0;
  for (let i = 0; i < JOINS; i++) {
    const service = new OddService(rng);
    const outcome = await service.join();
    answers += service.answers;
    if (outcome.kind === 'failed') assert(outcome.message !== '', 'failed without a word');
    if (outcome.kind === 'ok') checkCluster(outcome.initialCluster, service.sizes);
  }
  for (let i = 0; i < V3_CASES; i++) checkV3(rng);
  return answers + V3_CASES;
}

function checkCluster(text: string, sizes: ReadonlySet<string>): void {
  const parsed = parseInitialCluster(text, parseEndpointUrl);
  assert(parsed.kind === 'ok', () => `a cluster that nobody can read: ${text}`);
  const size = String(parsed.cluster.size);
  assert(sizes.has(size), () => `a cluster of ${size}, and nobody has said so: ${text}`);
}

/** A directory of the v2 keys API, whose answers are mostly damaged. */
class OddService {
  answers = 0;
  /** That were told, without the zeros before them. */
  readonly sizes = new Set<string>();
  readonly #rng: Rng;
  readonly #faults: number;
  readonly #stop = new AbortController();
  readonly #size: number;
  /** Answers at the beginning that are as they should be. */
  readonly #sound: number;
  /** One that sticks to an answer: whenever it is asked the same, it says the same. */
  readonly #isStubborn: boolean;
  readonly #habits = new Map<string, ExchangeResult>();
  #sincePause = 0;
  #pauses = 0;
  #isEntered = false;

  constructor(rng: Rng) {
    this.#rng = rng;
    this.#faults = pick(rng, [0, 0.1, 0.5, 1]);
    this.#size = 1 + rng.below(4);
    this.#sound = rng.below(5);
    this.#isStubborn = rng.below(3) === 0;
  }

  join(): ReturnType<V2Discovery['join']> {
    const request = (asked: ExchangeRequest): Promise<ExchangeResult> => this.#answer(asked);
    return new V2Discovery({
      directory: new KeysClient({ request }, new URL('http://h/token')),
      shownUrl: 'http://h',
      memberId: OWN_ID,
      registration: OWN_VALUE,
      scheduler: this.#scheduler,
      logger: SILENT_LOGGER,
      signal: this.#stop.signal,
    }).join();
  }

  readonly #scheduler: Scheduler = {
    after: (_delayMs, callback): CancelTimer => {
      this.#sincePause = 0;
      if (++this.#pauses > PAUSES) this.#stop.abort();
      const timer = setImmediate(callback);
      return () => clearImmediate(timer);
    },
    every: () => () => undefined,
    soon: (callback) => void setImmediate(callback),
  };

  async #answer(asked: ExchangeRequest): Promise<ExchangeResult> {
    this.answers++;
    assert(++this.#sincePause <= MAX_REQUESTS, 'asks again and again without a pause');
    const kind = `${asked.method} ${asked.url.replace(/\d+$/u, '')}`;
    const answer = this.#habits.get(kind) ?? this.#anyAnswer(asked);
    // What it has said while all was well it need not stick to.
    if (this.answers > this.#sound && this.#isStubborn && this.#rng.below(2) === 0)
      this.#habits.set(kind, answer);
    return answer;
  }

  #anyAnswer(asked: ExchangeRequest): ExchangeResult {
    const rng = this.#rng;
    const right = this.#rightAnswer(asked);
    if (this.answers <= this.#sound || rng.next() >= this.#faults)
      return answered(200, JSON.stringify(right));
    if (rng.below(6) === 0) return { kind: 'unavailable', reason: 'no answer' };
    if (rng.below(6) === 0) return answered(412, JSON.stringify(REFUSAL));
    const json = JSON.stringify(mutateJson(rng, rng.below(4) === 0 ? REFUSAL : right));
    const body = rng.below(4) === 0 ? anyText(rng, json, ODD_WORDS) : json;
    this.#note(body);
    return answered(pick(rng, STATUSES), body, pick(rng, ['11', '-1', 'x', undefined]));
  }

  #rightAnswer({ method, url }: ExchangeRequest): object {
    const peer = (id: string, index: number): object => ({
      key: `/token/${id}`,
      value: id === OWN_ID ? OWN_VALUE : `${id}=http://10.0.1.${index}:2380`,
      createdIndex: index,
      modifiedIndex: index,
    });
    if (url.includes('_config/size')) {
      this.sizes.add(String(this.#size));
      return { node: { key: '/token/_config/size', value: String(this.#size) } };
    }
    if (method === 'PUT') {
      this.#isEntered = true;
      return { node: peer(OWN_ID, 12) };
    }
    if (url.includes(`/${OWN_ID}`)) return { node: peer(OWN_ID, 12) };
    if (url.includes('wait')) return { node: peer(`b${this.#rng.below(6)}`, 13) };
    const others = Array.from({ length: this.#rng.below(this.#size) }, (_, i) => peer(`b${i}`, i));
    const own = this.#isEntered ? [peer(OWN_ID, 12)] : [];
    return { node: { key: '/token', dir: true, nodes: [...others, ...own] } };
  }

  /** A number that a damaged answer names may be taken for the size. */
  #note(body: string): void {
    for (const [digits] of body.matchAll(/\d+/gu)) this.sizes.add(String(Number(digits)));
  }
}

const REFUSAL = { errorCode: 105, message: 'Key already exists', cause: '/token/aa', index: 12 };

const answered = (status: number, body: string, etcdIndex?: string): ExchangeResult => ({
  kind: 'answered',
  answer: { status, body, etcdIndex },
});

/** The same meeting in the v3 keys of any etcd. */
function checkV3(rng: Rng): void {
  const size = 1 + rng.below(4);
  const kvs = Array.from({ length: rng.below(6) }, (_, i) => registered(rng, i));
  const roster = readV3Roster('t', kvs, size);
  const ids = roster.peers.map(({ id }) => id);
  assert(ids.length <= size && new Set(ids).size === ids.length, 'too many, or one twice');
  fullWithout(roster, size, OWN_ID);
  const composed = composeV3Cluster(roster.peers);
  if (composed.kind === 'ok') {
    checkCluster(composed.initialCluster, new Set([String(roster.peers.length)]));
  }
  const value = Buffer.from(mutateText(rng, String(size), ODD_WORDS));
  const read = readSizeValue(value);
  assert(read === undefined || (Number.isSafeInteger(read) && read > 0), 'no size');
}

function registered(rng: Rng, i: number): KeyValue {
  const key = `/_etcd/registry/t/members/${pick(rng, ['aa', 'b1', 'b2', 'b3'])}`;
  const value = `n${rng.below(4)}=http://10.0.0.${i}:2380`;
  return {
    key: Buffer.from(rng.below(4) === 0 ? mutateText(rng, key, ODD_WORDS) : key),
    value: Buffer.from(rng.below(4) === 0 ? mutateText(rng, value, ODD_WORDS) : value),
    createRevision: BigInt(rng.below(5)),
    modRevision: 1n,
    version: 1n,
    lease: 0n,
  };
}
