import { Agent } from 'node:http';

import { SeededRng } from '@etcd-ts/foundation';
import { eventually, pause } from '@etcd-ts/testkit';

import { findDifference } from '../differential/difference.js';
import { chance } from '../differential/universe.js';
import { comparable } from './comparable.js';
import { ask, type HttpAnswer, type HttpRequest } from './http-request.js';
import { anyKeyRequest, anyWait } from './key-requests.js';
import { anyCredentials, anyPageRequest, anySecurityRequest, basic } from './other-requests.js';

export interface V2DifferentialOptions {
  readonly seed: number;
  readonly requests: number;
  /** host:port of two fresh servers, the second of them the original with --enable-v2. */
  readonly ours: string;
  readonly reference: string;
  readonly onProgress?: (requests: number) => void;
}

export interface V2DifferentialReport {
  readonly requests: number;
  /** How often each method was answered with each status: proof that the run did something. */
  readonly answers: ReadonlyMap<string, number>;
  readonly index: number;
}

interface Waiting {
  readonly request: HttpRequest;
  readonly cancel: AbortController;
  readonly answers: Promise<readonly [HttpAnswer, HttpAnswer]>;
}

const MAX_WAITING = 8;
/** A change that both servers have answered reaches who waits for it in far less. */
const SETTLE_MS = 60;
const EXPIRY_TIMEOUT_MS = 60_000;
const ROOT_PASSWORD = 'secret';
/**
 * Sends one random sequence of requests to two servers and compares every answer. Rejects at the
 * first difference, which the seed repeats.
 */
export async function runV2Differential(
  options: V2DifferentialOptions,
): Promise<V2DifferentialReport> {
  const run = new V2DifferentialRun(options);
  try {
    return await run.toEnd();
  } finally {
    run.close();
  }
}

class V2DifferentialRun {
  readonly #options: V2DifferentialOptions;
  readonly #rng: SeededRng;
  readonly #agents = [new Agent({ keepAlive: true }), new Agent({ keepAlive: true })] as const;
  readonly #answers = new Map<string, number>();
  #waiting: Waiting[] = [];
  #sent = 0;
  #index = 0;
  #previous: HttpRequest | undefined;

  constructor(options: V2DifferentialOptions) {
    this.#options = options;
    this.#rng = new SeededRng(options.seed);
  }

  async toEnd(): Promise<V2DifferentialReport> {
    let reported = 0;
    while (this.#sent < this.#options.requests) {
      await this.#step();
      if (this.#sent - reported >= 500) {
        this.#options.onProgress?.(this.#sent);
        reported = this.#sent;
      }
    }
    await this.#settle();
    await this.#compareCounters();
    return { requests: this.#sent, answers: this.#answers, index: this.#index };
  }

  close(): void {
    for (const { cancel } of this.#waiting) cancel.abort();
    for (const agent of this.#agents) agent.destroy();
  }

  async #step(): Promise<void> {
    const rng = this.#rng;
    const choice = rng.next();
    if (choice < 0.03) return this.#wait();
    if (choice < 0.05) return this.#compare(anyPageRequest(rng));
    if (choice < 0.06) return this.#security(anySecurityRequest(rng));
    if (choice < 0.063) return this.#settle();
    if (choice < 0.064) return this.#expire();
    if (choice < 0.065) return this.#underGuard();
    if (choice < 0.066) return this.#compareCounters();
    return this.#compare(anyKeyRequest(rng, { index: this.#index }));
  }

  async #compare(request: HttpRequest): Promise<void> {
    this.#sent++;
    const { ours, reference } = this.#options;
    const answers = await Promise.all([
      ask(ours, request, this.#agents[0]),
      ask(reference, request, this.#agents[1]),
    ]);
    this.#judge(request, answers);
    const index = Number(answers[1].headers['x-etcd-index'] ?? 0);
    this.#index = Math.max(this.#index, index);
    this.#previous = request;
    const outcome = `${request.method} ${answers[1].status}`;
    this.#answers.set(outcome, (this.#answers.get(outcome) ?? 0) + 1);
  }

  #judge(request: HttpRequest, [ours, reference]: readonly [HttpAnswer, HttpAnswer]): void {
    const sorted = /[?&]sorted=(?:true|1|T|True)(?:&|$)/u.test(request.target);
    const difference = findDifference(comparable(ours, sorted), comparable(reference, sorted));
    if (difference === undefined) return;
    throw new Error(
      `seed ${this.#options.seed}, request ${this.#sent}: ${JSON.stringify(request)}\n` +
        `after ${JSON.stringify(this.#previous)}\n` +
        `differs at ${difference.path}\nours:      ${JSON.stringify(ours)}\nreference: ${JSON.stringify(reference)}`,
    );
  }

  /** Its own answer does not say how many changes it took. */
  async #security(request: HttpRequest): Promise<void> {
    await this.#compare(request);
    await this.#compare(GET_ROOT);
  }

  async #wait(): Promise<void> {
    this.#sent++;
    if (this.#waiting.length >= MAX_WAITING) await this.#settle();
    const request = anyWait(this.#rng, { index: this.#index });
    const cancel = new AbortController();
    const ours = begin(this.#options.ours, request, cancel.signal);
    const reference = begin(this.#options.reference, request, cancel.signal);
    const answers = Promise.all([ours.answer, reference.answer]);
    answers.catch(() => undefined);
    this.#waiting.push({ request, cancel, answers });
    // Both must be waiting before the next change: else one of them would miss it.
    await Promise.all([ours.begun, reference.begun]);
  }

  /** What waited long enough has its answer by now, or has none on either side. */
  async #settle(): Promise<void> {
    await pause(SETTLE_MS);
    for (const { request, cancel, answers } of this.#waiting) {
      cancel.abort();
      const [ours, reference] = await answers;
      this.#judge(request, [once(ours), once(reference)]);
    }
    this.#waiting = [];
  }

  /** Keys and directories with seconds to live, until both servers have let go of them. */
  async #expire(): Promise<void> {
    await this.#settle();
    const keys = ['/v2/keys/t1', '/v2/keys/td', '/v2/keys/td/x', '/v2/keys/t2'];
    for (const target of keys) {
      const body = `ttl=1${target.endsWith('td') ? '&dir=true' : '&value=x'}`;
      await this.#compare({ method: 'PUT', target, headers: FORM_TYPE, body });
    }
    const wanted = this.#index + 3;
    for (const endpoint of [this.#options.ours, this.#options.reference]) {
      await eventually(
        `keys expire at ${endpoint}`,
        async () => {
          const answer = await ask(endpoint, GET_ROOT, false);
          return Number(answer.headers['x-etcd-index']) >= wanted || undefined;
        },
        EXPIRY_TIMEOUT_MS,
      );
    }
    await this.#compare(GET_ROOT);
    for (const waitIndex of [wanted - 2, wanted - 1, wanted]) {
      await this.#compare({
        ...GET_ROOT,
        target: `/v2/keys/?wait=true&recursive=true&waitIndex=${waitIndex}`,
      });
    }
  }

  /** Enables users and roles for a while, with a root that is known. */
  async #underGuard(): Promise<void> {
    await this.#settle();
    const json = { 'Content-Type': 'application/json' };
    const root = { ...json, ...basic('root', ROOT_PASSWORD) };
    const flag = '/v2/auth/enable';
    const account = '/v2/auth/users/root';
    const user = (change: object): string => JSON.stringify({ user: 'root', ...change });
    await this.#compare({ method: 'DELETE', target: account, headers: json, body: '' });
    await this.#compare({ method: 'PUT', target: flag, headers: json, body: '' });
    await this.#compare({
      method: 'PUT',
      target: account,
      headers: json,
      body: user({ password: ROOT_PASSWORD }),
    });
    await this.#compare({ method: 'PUT', target: flag, headers: json, body: '' });
    for (let i = 0; i < 40; i++) {
      const request = chance(this.#rng, 0.85)
        ? anyKeyRequest(this.#rng, { index: this.#index })
        : anySecurityRequest(this.#rng);
      // Nobody but this root may change root, or there is no way back.
      const credentials = request.target.includes('root') ? {} : anyCredentials(this.#rng);
      await this.#compare({ ...request, headers: { ...request.headers, ...credentials } });
    }
    await this.#compare({ method: 'GET', target: '/v2/auth/users', headers: root, body: '' });
    await this.#compare({ method: 'GET', target: '/v2/auth/roles', headers: root, body: '' });
    await this.#compare({ method: 'DELETE', target: flag, headers: root, body: '' });
  }

  async #compareCounters(): Promise<void> {
    const request = { ...GET_ROOT, target: '/v2/stats/store' };
    const answers = await Promise.all(
      [this.#options.ours, this.#options.reference].map((endpoint) =>
        ask(endpoint, request, false),
      ),
    );
    const [ours, reference] = answers.map(countersOf);
    const difference = findDifference(ours, reference);
    if (difference !== undefined) throw new Error(`counters differ: ${JSON.stringify(difference)}`);
  }
}

/** `begun` resolves when the server watches, or has answered already. */
function begin(
  endpoint: string,
  request: HttpRequest,
  cancel: AbortSignal,
): { readonly answer: Promise<HttpAnswer>; readonly begun: Promise<void> } {
  let started = (): void => undefined;
  const begun = new Promise<void>((resolve) => (started = resolve));
  const answer = ask(endpoint, request, false, cancel, () => started());
  return { answer, begun: Promise.race([begun, answer.then(() => undefined)]) };
}

/** The original tells a stream twice of what goes at the very path it watches. */
function once(answer: HttpAnswer): HttpAnswer {
  const lines = answer.body.split('\n');
  return { ...answer, body: lines.filter((line, at) => line !== lines[at - 1]).join('\n') };
}

interface Counters {
  readonly [name: string]: number;
}

/**
 * Of refused changes the original counts some among the successful ones, and a create below a file
 * also among the sets; each server has reads of its own. What is left must be equal.
 */
function countersOf({ body }: HttpAnswer): Counters {
  const counters = JSON.parse(body) as Counters;
  const both = (name: string): number =>
    (counters[`${name}Success`] ?? 0) + (counters[`${name}Fail`] ?? 0);
  const { setsSuccess = 0, createSuccess = 0, createFail = 0, expireCount = 0 } = counters;
  const sums = ['update', 'delete', 'compareAndSwap', 'compareAndDelete'].map((name) => [
    name,
    both(name),
  ]);
  return { setsSuccess, createSuccess, createFail, expireCount, ...Object.fromEntries(sums) };
}

const FORM_TYPE = { 'Content-Type': 'application/x-www-form-urlencoded' };
const GET_ROOT: HttpRequest = {
  method: 'GET',
  target: '/v2/keys?recursive=true',
  headers: {},
  body: '',
};
