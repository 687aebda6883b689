import { keyValueOf } from '@etcd-ts/checker';
import type { KeyRange, WatchRecord, WatchResponse } from '@etcd-ts/checker';
import type { Client } from '@etcd-ts/client';
import type { Rng } from '@etcd-ts/foundation';
import {
  Event_EventType,
  WatchCreateRequest,
  WatchCreateRequest_FilterType,
  WatchDefinition,
} from '@etcd-ts/wire-protocol';
import type { WatchResponse as WatchMessage } from '@etcd-ts/wire-protocol';

type OpenRecord = { -readonly [K in keyof WatchRecord]: WatchRecord[K] } & {
  readonly responses: WatchResponse[];
};

const RANGES: readonly KeyRange[] = [
  { key: '\0', rangeEnd: '\0' },
  { key: 'k', rangeEnd: 'l' },
  { key: 'k1' },
  { key: 'k1', rangeEnd: 'k3' },
];
const CANCELED_PER_CENT = 15;

/** One stream of a client, with watchers that come and go. */
export class WatcherStream {
  readonly #name: string;
  readonly #rng: Rng;
  readonly #call;
  readonly #byId = new Map<bigint, OpenRecord>();
  readonly #over: OpenRecord[] = [];
  #nextId = 1n;
  readonly ended: Promise<unknown>;

  constructor(name: string, client: Client, rng: Rng) {
    this.#name = name;
    this.#rng = rng;
    this.#call = client.service(WatchDefinition).watch();
    this.ended = this.#read().catch((error: unknown) => error);
  }

  get records(): readonly WatchRecord[] {
    return [...this.#over, ...this.#byId.values()];
  }

  /** From now, from the past, or from a revision that is still to come. */
  async join(revision: number): Promise<void> {
    const rng = this.#rng;
    const watchId = this.#nextId++;
    const from = [0, 0, 0, 1 + rng.below(revision), revision + rng.below(10)][rng.below(5)] ?? 0;
    const filter = rng.below(6);
    const record: OpenRecord = {
      name: `${this.#name}/${watchId}`,
      range: RANGES[rng.below(RANGES.length)] ?? { key: 'k' },
      startRevision: from,
      prevKv: rng.below(3) === 0,
      noPut: filter === 0,
      noDelete: filter === 1,
      responses: [],
    };
    this.#byId.set(watchId, record);
    const value = WatchCreateRequest.fromPartial({
      key: Buffer.from(record.range.key),
      rangeEnd: Buffer.from(record.range.rangeEnd ?? ''),
      startRevision: BigInt(from),
      prevKv: record.prevKv === true,
      filters: [
        ...(record.noPut === true ? [WatchCreateRequest_FilterType.NOPUT] : []),
        ...(record.noDelete === true ? [WatchCreateRequest_FilterType.NODELETE] : []),
      ],
      fragment: rng.below(2) === 0,
      progressNotify: rng.below(2) === 0,
      watchId,
    });
    await this.#call.write({ requestUnion: { $case: 'createRequest', value } });
  }

  async disturb(): Promise<void> {
    const ids = [...this.#byId.keys()];
    const watchId = ids[this.#rng.below(ids.length)];
    if (watchId !== undefined && this.#rng.below(100) < CANCELED_PER_CENT) {
      await this.#call.write({ requestUnion: { $case: 'cancelRequest', value: { watchId } } });
    } else {
      await this.#call.write({ requestUnion: { $case: 'progressRequest', value: {} } });
    }
  }

  /** Whether everybody who is still here has seen something of this revision, or behind it. */
  hasReached(revision: number): boolean {
    return [...this.#byId.values()].every((record) => {
      const last = record.responses.findLast((response) => response.kind === 'events');
      return last !== undefined && last.revision >= revision && reaches(last, revision);
    });
  }

  finish(revision: number): void {
    for (const record of this.#byId.values()) record.mustReach = revision;
    this.#call.cancel();
  }

  async #read(): Promise<void> {
    for await (const message of this.#call) this.#take(message);
  }

  #take(message: WatchMessage): void {
    const { watchId, created, canceled, compactRevision, events, header, fragment } = message;
    const revision = Number(header?.revision ?? 0n);
    if (watchId === -1n) {
      // About the stream: whoever is on it and is there already.
      for (const record of this.#byId.values()) {
        if (record.createdRevision !== undefined) {
          record.responses.push({ kind: 'progress', revision });
        }
      }
      return;
    }
    const record = this.#byId.get(watchId);
    if (record === undefined) throw new Error(`an answer to nobody: ${watchId}`);
    if (created) record.createdRevision = revision;
    else if (canceled) {
      record.responses.push({ kind: 'canceled', compactRevision: Number(compactRevision) });
      this.#byId.delete(watchId);
      this.#over.push(record);
    } else if (events.length === 0) record.responses.push({ kind: 'progress', revision });
    else {
      record.responses.push({
        kind: 'events',
        revision,
        fragment,
        events: events.flatMap(({ type, kv, prevKv }) => {
          if (kv === undefined) return [];
          const kind = type === Event_EventType.DELETE ? 'delete' : 'put';
          const before = prevKv === undefined ? {} : { prevKv: keyValueOf(prevKv) };
          return [{ type: kind, kv: keyValueOf(kv), ...before } as const];
        }),
      });
    }
  }
}

function reaches(response: WatchResponse, revision: number): boolean {
  return response.kind === 'events' && (response.events.at(-1)?.kv.modRevision ?? 0) >= revision;
}
