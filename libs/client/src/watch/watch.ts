import type { BidiCall, ServiceClient } from '@etcd-ts/rpc';
import type {
  Event,
  ResponseHeader,
  WatchDefinition,
  WatchRequest,
  WatchResponse,
} from '@etcd-ts/wire-protocol';
import { ERRORS, EtcdError, GrpcStatus } from '@etcd-ts/wire-protocol';
import type { Keys } from '../kv/key-range.js';
import type { KeySpace } from '../kv/key-space.js';
import type { Integer } from '../kv/requests.js';
import { sleep } from '../routing/sleep.js';
import { EventAssembler } from './event-assembler.js';
import { createRequest } from './watch-request.js';
import { cancelError, CompactedError } from './watch-error.js';

export interface WatchOptions {
  /** Every event from this revision on; default: from now on. */
  readonly startRevision?: Integer;
  /** With what was there before each event, as far as that is not compacted. */
  readonly prevKv?: boolean;
  /** Only deletions, or only puts. */
  readonly noPut?: boolean;
  readonly noDelete?: boolean;
  /** Now and then a word of the server while nothing happens (updates without events). */
  readonly progressNotify?: boolean;
  /** End the stream on a member that has lost its leader, and go on at another one. */
  readonly requireLeader?: boolean;
  readonly signal?: AbortSignal;
  /** Sent along. A `token` in it cannot be fetched anew: when it is refused the watch ends. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Told each time the stream is lost and the watch goes on with another one. */
  readonly onInterrupted?: (error: unknown) => void;
  /** Told each time a server has it: at first, and after each interruption. */
  readonly onEstablished?: () => void;
}

/** Something happened, or (no events) is known not to have: all before the revision was delivered. */
export interface WatchUpdate {
  readonly header: ResponseHeader;
  readonly events: readonly Event[];
  /** Of an update without events: whether somebody asked for it (`requestProgress`). */
  readonly progress?: 'notified' | 'requested';
}

/** Between attempts to go on, doubled while none succeeds. */
const MIN_RESUME_DELAY_MS = 20;
const MAX_RESUME_DELAY_MS = 1_000;
const INVALID_WATCH_ID = -1n;

type WatchCalls = ServiceClient<WatchDefinition>;
type WatchStream = BidiCall<WatchRequest, WatchResponse>;

/**
 * Events of some keys, in order, each once: when the connection or the member is lost the watch goes
 * on at another one, from the revision after the last event it has delivered. Each watch is a stream
 * of its own, so that a reader who takes his time delays nobody else.
 *
 * For one reader. Iterating throws a CompactedError when the history it needs is gone, an EtcdError
 * when the server ends the watch for good, the signal's reason when that aborts.
 */
export class Watch implements AsyncIterable<WatchUpdate> {
  /** Resolves when a server has it for the first time: whatever happens from then on is seen. */
  readonly created: Promise<ResponseHeader>;
  readonly #calls: WatchCalls;
  readonly #space: KeySpace;
  readonly #keys: Keys;
  readonly #options: WatchOptions;
  readonly #abort = new AbortController();
  readonly #updates: AsyncGenerator<WatchUpdate, void, undefined>;
  readonly #assembler = new EventAssembler();
  #stream: WatchStream | undefined;
  #pending: Promise<IteratorResult<WatchUpdate, void>> | undefined;
  /** The first revision not delivered yet; undefined: from now, and no server has said what that is. */
  #nextRevision: bigint | undefined;
  #resumeDelayMs = 0;
  #announce: { resolve(header: ResponseHeader): void; reject(error: unknown): void } | undefined;

  constructor(calls: WatchCalls, space: KeySpace, keys: Keys, options: WatchOptions) {
    this.#calls = calls;
    this.#space = space;
    this.#keys = keys;
    this.#options = options;
    const { startRevision } = options;
    if (startRevision !== undefined && BigInt(startRevision) !== 0n) {
      this.#nextRevision = BigInt(startRevision);
    }
    this.created = new Promise((resolve, reject) => {
      this.#announce = { resolve, reject };
    });
    // Nobody has to wait for it: the loop over the events gets the same error.
    this.created.catch(() => undefined);
    this.#updates = this.#run();
    // Begin now rather than with the first read, so that `created` comes true by itself.
    this.#pending = this.#updates.next();
    this.#pending.catch(() => undefined);
  }

  /** Asks the server where it is; the answer is an update without events. */
  async requestProgress(): Promise<void> {
    const value = {};
    await this.#stream?.write({ requestUnion: { $case: 'progressRequest', value } });
  }

  /** The loop over the events then ends, as after `return`. */
  cancel(): void {
    this.#abort.abort(STOPPED);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<WatchUpdate, void, undefined> {
    try {
      for (;;) {
        const next = this.#pending ?? this.#updates.next();
        this.#pending = undefined;
        const { done, value } = await next;
        if (done === true) return;
        yield value;
      }
    } catch (error) {
      if (error !== STOPPED) throw error;
    } finally {
      this.cancel();
    }
  }

  async *#run(): AsyncGenerator<WatchUpdate, void, undefined> {
    const { signal, metadata, onInterrupted } = this.#options;
    const signals = [this.#abort.signal, signal];
    try {
      for (;;) {
        try {
          yield* this.#readStream();
        } catch (error) {
          if (this.#abort.signal.aborted) return;
          signal?.throwIfAborted();
          if (!isPassing(error, metadata?.['token'] !== undefined)) throw error;
          onInterrupted?.(error);
        }
        await sleep(this.#resumeDelayMs, signals);
        const doubled = Math.max(this.#resumeDelayMs * 2, MIN_RESUME_DELAY_MS);
        this.#resumeDelayMs = Math.min(doubled, MAX_RESUME_DELAY_MS);
      }
    } catch (error) {
      this.#announce?.reject(error);
      if (error !== STOPPED) throw error;
    }
  }

  async *#readStream(): AsyncGenerator<WatchUpdate, void, undefined> {
    const { signal: given, requireLeader = false, metadata } = this.#options;
    const signal =
      given === undefined ? this.#abort.signal : AbortSignal.any([this.#abort.signal, given]);
    // What did not arrive whole on the last stream comes again on this one.
    this.#assembler.reset();
    const stream = this.#calls.watch({
      signal,
      metadata: { ...metadata, ...(requireLeader && { hasleader: 'true' }) },
    });
    this.#stream = stream;
    const request = createRequest(this.#space, this.#keys, this.#options, this.#nextRevision ?? 0n);
    await stream.write(request);
    for await (const response of stream) {
      const update = this.#take(response);
      if (update !== undefined) yield update;
    }
  }

  /** Throws what ends the watch. */
  #take(response: WatchResponse): WatchUpdate | undefined {
    const { header } = response;
    if (response.compactRevision !== 0n) {
      throw new CompactedError(response.compactRevision, header);
    }
    if (response.canceled) throw cancelError(response.cancelReason);
    if (header === undefined) return undefined;
    if (response.created) {
      this.#resumeDelayMs = 0;
      this.#nextRevision ??= header.revision + 1n;
      this.#announce?.resolve(header);
      this.#options.onEstablished?.();
      return undefined;
    }
    const nextRevision = this.#nextRevision ?? 0n;
    if (response.events.length === 0 && !response.fragment) return this.#progress(response, header);
    const events = this.#assembler
      .push(response.events, response.fragment)
      .filter(({ kv }) => (kv?.modRevision ?? 0n) >= nextRevision);
    const last = events.at(-1)?.kv;
    if (last === undefined) return undefined;
    this.#nextRevision = last.modRevision + 1n;
    return { header, events: events.map((event) => this.#inward(event)) };
  }

  #progress({ watchId }: WatchResponse, header: ResponseHeader): WatchUpdate {
    // Servers before 3.4.25 and 3.5.8 answer such a request before the events it speaks of
    // (etcd#15220): whoever went on behind that revision would lose them.
    if (watchId === INVALID_WATCH_ID) return { header, events: [], progress: 'requested' };
    if (this.#assembler.isEmpty && header.revision >= (this.#nextRevision ?? 0n)) {
      this.#nextRevision = header.revision + 1n;
    }
    return { header, events: [], progress: 'notified' };
  }

  #inward(event: Event): Event {
    if (this.#space.prefix.length === 0) return event;
    const { kv, prevKv } = event;
    const own = <Pair extends typeof kv>(pair: Pair): Pair =>
      pair === undefined ? pair : { ...pair, key: this.#space.inward(pair.key) };
    return { ...event, kv: own(kv), prevKv: own(prevKv) };
  }
}

/** What `cancel` aborts with; never shown to anybody. */
const STOPPED = new EtcdError({ code: GrpcStatus.Canceled, message: 'watch stopped' });

/** Of the stream, not of the watch: another stream may do better. */
function isPassing(error: unknown, hasOwnToken: boolean): boolean {
  if (!(error instanceof EtcdError)) return false;
  const codes: readonly number[] = [GrpcStatus.Unavailable, GrpcStatus.Internal];
  const tokenIsOld = error.is(ERRORS.InvalidAuthToken) || error.is(ERRORS.AuthOldRevision);
  return codes.includes(error.code) || (tokenIsOld && !hasOwnToken);
}
