import type { BidiCall } from '@etcd-ts/rpc';
import type { LeaseKeepAliveRequest, LeaseKeepAliveResponse } from '@etcd-ts/wire-protocol';
import { ERRORS, EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';

type KeepAliveStream = BidiCall<LeaseKeepAliveRequest, LeaseKeepAliveResponse>;

interface Waiter {
  resolve(response: LeaseKeepAliveResponse): void;
  reject(error: unknown): void;
}

/** Streams in a row on which nothing was renewed; then whoever waits learns why. */
const MAX_LOST_STREAMS = 3;

/**
 * Renews the leases of many clients on one stream. Requests for a lease that is just being renewed
 * wait for the next renewal and share that one: an answer never speaks of a renewal that began
 * before the request, or a client would believe in its lease for longer than the cluster does.
 */
export class Renewals {
  readonly #open: (signal: AbortSignal) => KeepAliveStream;
  readonly #inFlight = new Map<bigint, Waiter[]>();
  readonly #next = new Map<bigint, Waiter[]>();
  readonly #closing = new AbortController();
  #stream: KeepAliveStream | undefined;
  #lostStreams = 0;

  constructor(open: (signal: AbortSignal) => KeepAliveStream) {
    this.#open = open;
  }

  renew(id: bigint): Promise<LeaseKeepAliveResponse> {
    return new Promise((resolve, reject) => {
      const waiter = { resolve, reject };
      const queue = this.#inFlight.has(id) ? this.#next : this.#inFlight;
      const waiting = queue.get(id);
      if (waiting !== undefined) {
        waiting.push(waiter);
        return;
      }
      queue.set(id, [waiter]);
      if (queue === this.#inFlight) this.#send(id);
    });
  }

  close(): void {
    this.#closing.abort(CLOSED);
    this.#failAll(CLOSED);
  }

  #send(id: bigint): void {
    const stream = this.#stream ?? this.#connect();
    // A stream that broke says so to its reader, who sends again what has no answer.
    stream.write({ ID: id }).catch(() => undefined);
  }

  #connect(): KeepAliveStream {
    const stream = this.#open(this.#closing.signal);
    this.#stream = stream;
    void this.#read(stream);
    return stream;
  }

  async #read(stream: KeepAliveStream): Promise<void> {
    let reason: unknown = ERRORS.Stopped.error();
    try {
      for await (const response of stream) {
        this.#lostStreams = 0;
        this.#answer(response);
      }
    } catch (error) {
      reason = error;
    }
    this.#stream = undefined;
    this.#lose(reason);
  }

  #answer(response: LeaseKeepAliveResponse): void {
    const { ID } = response;
    const answered = this.#inFlight.get(ID) ?? [];
    this.#inFlight.delete(ID);
    const next = this.#next.get(ID);
    if (next !== undefined) {
      this.#next.delete(ID);
      this.#inFlight.set(ID, next);
      this.#send(ID);
    }
    for (const { resolve } of answered) resolve(response);
  }

  #lose(reason: unknown): void {
    const isPassing = reason instanceof EtcdError && reason.code === GrpcStatus.Unavailable;
    if (!isPassing || ++this.#lostStreams >= MAX_LOST_STREAMS) {
      this.#lostStreams = 0;
      this.#failAll(reason);
      return;
    }
    // Renewing twice does no harm.
    for (const id of this.#inFlight.keys()) this.#send(id);
  }

  #failAll(reason: unknown): void {
    const waiting = [...this.#inFlight.values(), ...this.#next.values()].flat();
    this.#inFlight.clear();
    this.#next.clear();
    for (const { reject } of waiting) reject(reason);
  }
}

const CLOSED = new EtcdError({ code: GrpcStatus.Canceled, message: 'nobody renews any more' });
