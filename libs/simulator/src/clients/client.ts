import type { HistoryEntry, HistoryRecorder, Operation, Workload } from '@etcd-ts/checker';
import type { Rng } from '@etcd-ts/foundation';
import type { CallOrigin, Member } from '@etcd-ts/server';

import { Process } from '../time/event-queue.js';
import type { EventQueue } from '../time/event-queue.js';
import { execute } from './execution.js';
import type { Answer } from './execution.js';

/** When nobody asks for anything: in true time, the same for all. */
export interface Lulls {
  readonly busyMs: number;
  readonly quietMs: number;
}

/** A member as its clients find it. */
export interface Endpoint {
  /** Of its disk. */
  readonly name: string;
  /** Undefined: nobody listens there. */
  serving(): { readonly member: Member; readonly process: Process } | undefined;
}

export interface ClientParts {
  readonly id: number;
  readonly queue: EventQueue;
  readonly rng: Rng;
  readonly workload: Workload;
  readonly recorder: HistoryRecorder;
  readonly endpoints: () => readonly Endpoint[];
  /** The mean time between an answer and the next request. */
  readonly thinkMs: number;
  /** The chance to be one that always asks the same member. */
  readonly pinnedShare: number;
  /** Everybody works for a while, then nobody does. */
  readonly lulls: Lulls | undefined;
  /** Who it is; undefined: the member itself. */
  readonly origin: CallOrigin | undefined;
  /** No more requests after so many. */
  readonly maxOperations: number;
  readonly newestRevision: () => number;
  readonly ended: (entry: HistoryEntry, answer: Answer) => void;
}

const MIN_DELAY_MS = 0.1;
const MAX_DELAY_MS = 1;
/** As long as a server's own, at most: some clients give up before, some hear of it. */
const MIN_TIMEOUT_MS = 500;
const MAX_TIMEOUT_MS = 9000;
/**
 * One client: asks, waits for the answer or gives up, thinks, asks the next. It never repeats a
 * request by itself, for what was lost may have happened.
 */
export class SimulatedClient {
  readonly #parts: ClientParts;
  readonly #process: Process;
  readonly #isPinned: boolean;
  readonly #timeoutMs: number;
  #operations = 0;
  #isStopped = false;
  #isIdle = true;

  constructor(parts: ClientParts) {
    this.#parts = parts;
    this.#process = new Process(`client ${parts.id}`);
    this.#isPinned = parts.rng.next() < parts.pinnedShare;
    this.#timeoutMs = MIN_TIMEOUT_MS + parts.rng.next() * (MAX_TIMEOUT_MS - MIN_TIMEOUT_MS);
  }

  /** Nothing is under way and nothing more will be. */
  get isDone(): boolean {
    return this.#isIdle && (this.#isStopped || this.#operations >= this.#parts.maxOperations);
  }

  get isIdle(): boolean {
    return this.#isIdle;
  }

  start(): void {
    const { queue, rng, thinkMs, maxOperations } = this.#parts;
    queue.in(this.#untilBusyMs(-Math.log(1 - rng.next()) * thinkMs), this.#process, () => {
      if (this.#isStopped || this.#operations >= maxOperations) return;
      this.#operations++;
      this.#ask();
    });
  }

  /** No new requests. */
  stop(): void {
    this.#isStopped = true;
  }

  #ask(): void {
    const { id, rng, workload, recorder, queue, newestRevision } = this.#parts;
    const operation = workload.next(id, rng, newestRevision());
    const endpoint = this.#choose();
    const call = recorder.invoke(id, operation, endpoint.name);
    this.#isIdle = false;
    let isOver = false;
    const over = (answer: Answer): void => {
      if (isOver) return;
      isOver = true;
      cancelTimeout();
      const entry =
        answer.kind === 'ok'
          ? call.ok(answer.revision, answer.result)
          : answer.kind === 'failed'
            ? call.failed(answer.failure)
            : call.unknown();
      this.#isIdle = true;
      workload.learn(entry);
      this.#parts.ended(entry, answer);
      this.start();
    };
    const cancelTimeout = queue.in(this.#timeoutMs, this.#process, () =>
      over({ kind: 'lost', reason: 'the client gave up' }),
    );
    queue.in(this.#delayMs(), undefined, () => this.#arrive(endpoint, operation, over));
  }

  #arrive(endpoint: Endpoint, operation: Operation, over: (answer: Answer) => void): void {
    const { queue, origin } = this.#parts;
    const back = (answer: Answer): void =>
      void queue.in(this.#delayMs(), this.#process, () => over(answer));
    const serving = endpoint.serving();
    if (serving === undefined) {
      back({ kind: 'failed', failure: 'notServed' });
      return;
    }
    const { member, process } = serving;
    // A process that dies takes its connections with it; the client notices.
    const connection = process.onDeath(() => back({ kind: 'lost', reason: 'reset' }));
    queue.in(0, process, () => {
      const server = origin === undefined ? member.server : member.server.as(origin);
      void execute(server, operation).then((answer) => {
        if (!process.alive) return;
        connection();
        back(answer);
      });
    });
  }

  #choose(): Endpoint {
    const { id, rng } = this.#parts;
    const endpoints = this.#parts.endpoints();
    const at = this.#isPinned ? id % endpoints.length : rng.below(endpoints.length);
    return endpoints[at] as Endpoint;
  }

  /** From now to the first busy moment after a while. */
  #untilBusyMs(delayMs: number): number {
    const { lulls, queue } = this.#parts;
    if (lulls === undefined) return delayMs;
    const periodMs = lulls.busyMs + lulls.quietMs;
    const phaseMs = (queue.nowMs + delayMs) % periodMs;
    return phaseMs < lulls.busyMs ? delayMs : delayMs + periodMs - phaseMs;
  }

  #delayMs(): number {
    return MIN_DELAY_MS + this.#parts.rng.next() * (MAX_DELAY_MS - MIN_DELAY_MS);
  }
}
