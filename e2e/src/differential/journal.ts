import { compareBytes } from '@etcd-ts/foundation';
import { eventually, type RpcClient } from '@etcd-ts/testkit';
import {
  WatchCreateRequest,
  WatchDefinition,
  type Event,
  type WatchResponse,
} from '@etcd-ts/wire-protocol';

const OPEN_END = Buffer.of(0);

/** How far one watch has been counted, so that counting again only looks at what is new. */
export interface Tally {
  readonly watch: WatchCreateRequest;
  readonly fromRevision: number;
  position: number;
  events: number;
}

/** Every change of the history, from a watch of the original over all keys from the start. */
export class Journal {
  readonly #events: { key: Buffer; revision: number; deletes: boolean }[] = [];
  readonly #stop: () => void;

  constructor(client: RpcClient) {
    const stream = client.bidi(WatchDefinition, WatchDefinition.methods.watch);
    stream.on('data', ({ events }: WatchResponse) => {
      for (const event of events) this.#add(event);
    });
    stream.on('error', () => undefined);
    const value = WatchCreateRequest.fromPartial({
      key: OPEN_END,
      rangeEnd: OPEN_END,
      startRevision: 1n,
    });
    stream.write({ requestUnion: { $case: 'createRequest', value } });
    this.#stop = () => stream.cancel();
  }

  async reaches(revision: number): Promise<void> {
    if (revision <= 1) return;
    await eventually(`the journal reaches revision ${revision}`, () =>
      (this.#events.at(-1)?.revision ?? 0) >= revision ? true : undefined,
    );
  }

  tally(watch: WatchCreateRequest, fromRevision: number): Tally {
    // A server takes an empty key for the smallest one.
    const key = watch.key.length === 0 ? OPEN_END : watch.key;
    return { watch: { ...watch, key }, fromRevision, position: 0, events: 0 };
  }

  /** How many events the watch must have been told by now. */
  count(tally: Tally): number {
    for (; tally.position < this.#events.length; tally.position++) {
      const event = this.#events[tally.position];
      if (event === undefined || event.revision < tally.fromRevision) continue;
      if (tally.watch.filters.includes(event.deletes ? 1 : 0)) continue;
      if (covers(tally.watch, event.key)) tally.events++;
    }
    return tally.events;
  }

  close(): void {
    this.#stop();
  }

  #add({ type, kv }: Event): void {
    this.#events.push({
      key: kv?.key ?? Buffer.alloc(0),
      revision: Number(kv?.modRevision ?? 0n),
      deletes: type === 1,
    });
  }
}

function covers({ key, rangeEnd }: WatchCreateRequest, candidate: Buffer): boolean {
  if (rangeEnd.length === 0) return compareBytes(key, candidate) === 0;
  if (compareBytes(candidate, key) < 0) return false;
  return compareBytes(rangeEnd, OPEN_END) === 0 || compareBytes(candidate, rangeEnd) < 0;
}
