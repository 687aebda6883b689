import { SeededRng } from '@etcd-ts/foundation';
import { pause, RpcClient, type EtcdProcess } from '@etcd-ts/testkit';

import { anyCall, compactCall, hashKvCall, type Call } from './calls.js';
import { findDifference, type Difference } from './difference.js';
import { INTENDED_DIFFERENCES, type Json } from './intended-differences.js';
import { Journal } from './journal.js';
import { Timeline } from './timeline.js';
import { chance } from './universe.js';
import { WatchPair } from './watch-pair.js';

export interface DifferentialOptions {
  readonly seed: number;
  readonly operations: number;
  readonly ours: EtcdProcess;
  readonly reference: EtcdProcess;
  /** Compare hashes after each so many operations as well, to find the one that went wrong. */
  readonly hashEvery?: number;
  readonly onProgress?: (operations: number) => void;
}

export interface DifferentialReport {
  readonly operations: number;
  readonly finalRevision: number;
  /** How often each call was answered, by name and outcome: proof that the run did something. */
  readonly answers: ReadonlyMap<string, number>;
}

type Answer = { readonly code: number; readonly body: Json };

const WATCH_STREAMS = 3;
const HASH_SETTLE_MS = 2_000;
const HASH_POLL_MS = 20;
/** gRPC's code. Neither server may ever be: two dead ones would agree on everything. */
const UNAVAILABLE = 14;

/**
 * Sends one random history to two servers and compares every answer, the hashes at random
 * revisions and all that watches are told. Rejects at the first difference, which the seed repeats.
 */
export async function runDifferential(options: DifferentialOptions): Promise<DifferentialReport> {
  const run = new DifferentialRun(options);
  try {
    return await run.toEnd();
  } finally {
    run.close();
  }
}

class DifferentialRun {
  readonly #options: DifferentialOptions;
  readonly #rng: SeededRng;
  readonly #timeline = new Timeline();
  readonly #clients: { readonly ours: RpcClient; readonly reference: RpcClient };
  readonly #journal: Journal;
  readonly #watches: readonly WatchPair[];
  readonly #answers = new Map<string, number>();
  #step = 0;
  #previous: unknown;

  constructor(options: DifferentialOptions) {
    this.#options = options;
    this.#rng = new SeededRng(options.seed);
    this.#clients = {
      ours: new RpcClient(options.ours.endpoint),
      reference: new RpcClient(options.reference.endpoint),
    };
    this.#journal = new Journal(this.#clients.reference);
    this.#watches = Array.from(
      { length: WATCH_STREAMS },
      () => new WatchPair(this.#clients.ours, this.#clients.reference, this.#journal),
    );
  }

  async toEnd(): Promise<DifferentialReport> {
    for (this.#step = 0; this.#step < this.#options.operations; this.#step++) {
      try {
        await this.#oneStep();
        if (this.#step % (this.#options.hashEvery ?? Infinity) === 0) {
          await this.#compare(hashKvCall(0n));
        }
      } catch (error) {
        const where = `seed ${this.#options.seed}, operation ${this.#step}`;
        const { ours, reference } = this.#options;
        const dead = ours.obituary() ?? reference.obituary() ?? '';
        throw new Error(`${where}: ${(error as Error).message}\n${dead}`, { cause: error });
      }
      if (this.#step % 500 === 0) this.#options.onProgress?.(this.#step);
    }
    await this.#settle();
    await this.#compare(hashKvCall(0n));
    return {
      operations: this.#step,
      finalRevision: this.#timeline.currentRevision,
      answers: this.#answers,
    };
  }

  close(): void {
    for (const watch of this.#watches) watch.close();
    this.#journal.close();
    this.#clients.ours.close();
    this.#clients.reference.close();
  }

  async #oneStep(): Promise<void> {
    const rng = this.#rng;
    if (chance(rng, 0.02)) {
      const stream = this.#watches[rng.below(WATCH_STREAMS)];
      return stream?.change(rng, this.#timeline);
    }
    if (chance(rng, 0.008)) return this.#compact();
    return this.#compare(anyCall(rng, this.#timeline));
  }

  async #compact(): Promise<void> {
    const revision = this.#timeline.compactionRevision(this.#rng);
    if (revision === undefined) return;
    await this.#settle();
    await this.#compare(compactCall(revision, chance(this.#rng, 0.5)));
    await this.#compare(hashKvCall(0n));
  }

  async #settle(): Promise<void> {
    for (const watch of this.#watches) await watch.settle(this.#timeline.currentRevision);
  }

  async #compare(call: Call): Promise<void> {
    const [ours, reference] = await Promise.all([
      ask(this.#clients.ours, call),
      ask(this.#clients.reference, call),
    ]);
    if (reference.code === UNAVAILABLE) {
      throw new Error(`a server is gone: ${brief(reference)} after ${brief(this.#previous)}`);
    }
    const difference = await this.#differenceOf(call, ours, reference);
    if (difference !== undefined) {
      throw new Error(
        `${call.name} answered otherwise at ${difference.path}` +
          `\n  ours      ${brief(difference.ours)}` +
          `\n  reference ${brief(difference.reference)}` +
          `\n  request   ${brief(call.request)}` +
          `\n  before it ${brief(this.#previous)}`,
      );
    }
    this.#previous = call.request;
    const outcome = `${call.name} ${reference.code === 0 ? 'OK' : String(reference.body['message'])}`;
    this.#answers.set(outcome, (this.#answers.get(outcome) ?? 0) + 1);
    if (reference.code === 0) this.#follow(call, reference.body);
  }

  /**
   * While a compaction runs and no key is left, 3.4 hashes rows that are about to go. So its hash
   * may be asked for again, until it settles; ours must be right at once.
   */
  async #differenceOf(
    call: Call,
    ours: Answer,
    reference: Answer,
  ): Promise<Difference | undefined> {
    const deadline = performance.now() + (call.name === 'HashKV' ? HASH_SETTLE_MS : 0);
    for (let expected = reference; ; expected = await ask(this.#clients.reference, call)) {
      const difference = findDifference(inCommon(call, ours), inCommon(call, expected));
      if (difference === undefined || performance.now() >= deadline) return difference;
      await pause(HASH_POLL_MS);
    }
  }

  #follow(call: Call, answer: Json): void {
    const request = call.request as Json;
    const header = answer['header'] as Json | undefined;
    const revision = Number(header?.['revision'] ?? 0);
    if (revision > this.#timeline.currentRevision) {
      this.#timeline.currentRevision = revision;
      if (call.name !== 'Put') this.#timeline.deletedAt(revision);
    }
    if (call.name === 'Compact') this.#timeline.compactRevision = Number(request['revision'] ?? 0);
    if (call.name === 'LeaseGrant') this.#timeline.leases.add(BigInt(String(answer['ID'])));
    if (call.name === 'LeaseRevoke') this.#timeline.leases.delete(BigInt(String(request['ID'])));
  }
}

async function ask(client: RpcClient, call: Call): Promise<Answer> {
  const outcome = await client.unaryBytes(call.path, call.body);
  return outcome.kind === 'ok'
    ? { code: 0, body: call.answer(outcome.response) as Json }
    : { code: outcome.code, body: { message: outcome.message } };
}

function inCommon(call: Call, answer: Answer): Answer {
  if (answer.code !== 0) return answer;
  const request = call.request as Json;
  return INTENDED_DIFFERENCES.filter(({ applies }) => applies(call.name, request)).reduce(
    ({ code, body }, { rewrite }) => ({ code, body: rewrite(body, request) }),
    answer,
  );
}

const MAX_PRINTED_CHARACTERS = 3_000;

/** Enough of a message to see what differs; the seed gives the rest. */
function brief(message: unknown): string {
  const text = JSON.stringify(message) ?? 'nothing';
  return text.length <= MAX_PRINTED_CHARACTERS
    ? text
    : `${text.slice(0, MAX_PRINTED_CHARACTERS)}... (${text.length} characters)`;
}
