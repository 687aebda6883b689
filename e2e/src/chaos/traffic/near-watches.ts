import {
  keyValueOf,
  nextWatch,
  type WatchedEvent,
  type WatchRecord,
  type WatchRequest,
  type WatchResponse,
} from '@etcd-ts/checker';
import type { Rng } from '@etcd-ts/foundation';
import { pause, type ClusterMember, type EtcdCluster } from '@etcd-ts/testkit';
import {
  WatchCreateRequest,
  WatchCreateRequest_FilterType,
  WatchDefinition,
  WatchProgressRequest,
  type WatchRequest as WatchMessage,
  type WatchResponse as WatchAnswer,
} from '@etcd-ts/wire-protocol';

import type { ClusterLoad } from '../../cluster/load/cluster-load.js';

/** At most so many at once; each lives for a few seconds. */
const WATCHERS = 8;
const LIFE_MS = 4_000;
const PROGRESS_EVERY_MS = 500;

/** One watch, with what it asked for and got. */
class NearWatch {
  readonly #request: WatchRequest;
  readonly #name: string;
  readonly #responses: WatchResponse[] = [];
  readonly #stream;
  readonly #asking: NodeJS.Timeout;
  #createdRevision: number | undefined;
  readonly ended: Promise<void>;

  constructor(member: ClusterMember, request: WatchRequest, name: string) {
    this.#request = request;
    this.#name = name;
    this.#stream = member.client.bidi(WatchDefinition, WatchDefinition.methods.watch);
    this.#stream.on('data', (answer: WatchAnswer) => this.#take(answer));
    this.ended = new Promise((resolve) => {
      this.#stream.on('error', () => resolve());
      this.#stream.on('end', () => resolve());
    });
    const { range, startRevision, prevKv, noPut, noDelete } = request;
    const filters = [
      ...(noPut ? [WatchCreateRequest_FilterType.NOPUT] : []),
      ...(noDelete ? [WatchCreateRequest_FilterType.NODELETE] : []),
    ];
    this.#write({
      $case: 'createRequest',
      value: WatchCreateRequest.fromPartial({
        key: Buffer.from(range.key, 'latin1'),
        rangeEnd: Buffer.from(range.rangeEnd ?? '', 'latin1'),
        startRevision: BigInt(startRevision),
        prevKv,
        filters,
      }),
    });
    const value = WatchProgressRequest.fromPartial({});
    this.#asking = setInterval(
      () => this.#write({ $case: 'progressRequest', value }),
      PROGRESS_EVERY_MS,
    );
    void this.ended.then(() => clearInterval(this.#asking));
  }

  get record(): WatchRecord {
    return {
      name: this.#name,
      ...this.#request,
      responses: this.#responses,
      ...(this.#createdRevision === undefined ? {} : { createdRevision: this.#createdRevision }),
    };
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  end(): void {
    clearInterval(this.#asking);
    this.#stream.cancel();
  }

  #write(requestUnion: NonNullable<WatchMessage['requestUnion']>): void {
    if (this.#stream.writable) this.#stream.write({ requestUnion });
  }

  #take({ created, canceled, compactRevision, header, events, fragment }: WatchAnswer): void {
    const revision = Number(header?.revision ?? 0n);
    if (created) this.#createdRevision = revision;
    else if (canceled) {
      this.#responses.push({ kind: 'canceled', compactRevision: Number(compactRevision) });
      this.end();
    } else if (events.length === 0) this.#responses.push({ kind: 'progress', revision });
    else {
      this.#responses.push({ kind: 'events', revision, fragment, events: events.map(eventOf) });
    }
  }
}

function eventOf({ type, kv, prevKv }: WatchAnswer['events'][number]): WatchedEvent {
  if (kv === undefined) throw new Error('an event without a key-value');
  return {
    type: type === 1 ? 'delete' : 'put',
    kv: keyValueOf(kv),
    ...(prevKv === undefined ? {} : { prevKv: keyValueOf(prevKv) }),
  };
}

/** What was before the run is known as a state, not as events. */
function judgeable(request: WatchRequest, base: number): WatchRequest {
  const { startRevision } = request;
  return startRevision === 0
    ? request
    : { ...request, startRevision: Math.max(base + 1, startRevision) };
}

/** Watchers that come and go, from 100 revisions back to 100 ahead, at every member. */
export class NearWatches {
  readonly #live = new Set<NearWatch>();
  readonly #records: WatchRecord[] = [];
  readonly #running: Promise<void>;
  #stopping = false;
  #paused = false;

  constructor(cluster: EtcdCluster, load: ClusterLoad, rng: Rng, prefixes: readonly string[]) {
    this.#running = this.#run(cluster, load, rng, prefixes);
  }

  get records(): readonly WatchRecord[] {
    return this.#records;
  }

  /** They stop to read, and no others come; how many there are. */
  pause(): number {
    this.#paused = true;
    for (const watch of this.#live) watch.pause();
    return this.#live.size;
  }

  resume(): void {
    this.#paused = false;
    for (const watch of this.#live) watch.resume();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#running;
    for (const watch of [...this.#live]) this.#end(watch);
  }

  async #run(
    { members }: EtcdCluster,
    load: ClusterLoad,
    rng: Rng,
    prefixes: readonly string[],
  ): Promise<void> {
    for (let count = 0; !this.#stopping; count++) {
      const member = members[rng.below(members.length)];
      if (!this.#paused && member?.isUp === true && this.#live.size < WATCHERS) {
        const request = judgeable(nextWatch(rng, load.revision, prefixes), load.base.revision);
        const name = `${count} at ${member.identity} from ${request.startRevision}`;
        const watch = new NearWatch(member, request, name);
        this.#live.add(watch);
        setTimeout(() => this.#expire(watch), LIFE_MS);
      }
      await pause(100);
    }
  }

  /** A paused one stays: what it refuses to read is what the fault is about. */
  #expire(watch: NearWatch): void {
    if (this.#paused) setTimeout(() => this.#expire(watch), LIFE_MS);
    else this.#end(watch);
  }

  #end(watch: NearWatch): void {
    if (!this.#live.delete(watch)) return;
    watch.end();
    this.#records.push(watch.record);
  }
}
