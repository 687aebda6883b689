import type { ClientDuplexStream } from '@grpc/grpc-js';

import { eventually, type RpcClient } from '@etcd-ts/testkit';
import { Event, WatchDefinition, WatchRequest, type WatchResponse } from '@etcd-ts/wire-protocol';

/** One watch stream of one server, and all it has said, in a form that compares. */
export class WatchLog {
  readonly #stream: ClientDuplexStream<WatchRequest, WatchResponse>;
  /** Per watch id what it was told, without how responses were cut. */
  readonly #told = new Map<bigint, string[]>();
  readonly #lastRevision = new Map<bigint, { revision: bigint; complete: boolean }>();
  readonly #created: string[] = [];
  #failure: string | undefined;

  constructor(client: RpcClient) {
    this.#stream = client.bidi(WatchDefinition, WatchDefinition.methods.watch);
    this.#stream.on('data', (response: WatchResponse) => this.#take(response));
    this.#stream.on('error', (error) => {
      if (!error.message.includes('CANCELLED')) this.#failure = error.message;
    });
  }

  /** Sends a create request and gives the server's answer to it, as text. */
  async create(request: WatchRequest): Promise<string> {
    const before = this.#created.length;
    this.#stream.write(request);
    return eventually('the watch is answered', () => this.#check() ?? this.#created[before]);
  }

  send(request: WatchRequest): void {
    this.#stream.write(request);
  }

  /** How many events and cancellations the watch was told. */
  told(watchId: bigint): number {
    return this.#told.get(watchId)?.length ?? 0;
  }

  /** Everything each watch was told so far, in order. */
  snapshot(): Record<string, readonly string[]> {
    this.#check();
    return Object.fromEntries([...this.#told].map(([id, told]) => [String(id), [...told]]));
  }

  close(): void {
    this.#stream.cancel();
  }

  #check(): undefined {
    if (this.#failure !== undefined) throw new Error(`watch stream: ${this.#failure}`);
    return undefined;
  }

  #take(response: WatchResponse): void {
    const { watchId, created, canceled, compactRevision, cancelReason, events } = response;
    if (created) {
      const revision = response.header?.revision;
      this.#created.push(
        [watchId, `canceled=${canceled}`, cancelReason, compactRevision, revision].join(' '),
      );
      return;
    }
    const told = this.#told.get(watchId) ?? [];
    this.#told.set(watchId, told);
    if (canceled) told.push(`canceled ${compactRevision} ${cancelReason}`);
    for (const event of events) told.push(JSON.stringify(Event.toJSON(event)));
    this.#checkOrder(response);
  }

  /** The guarantees any server owes: ordered, and a revision in one piece unless fragments were asked for. */
  #checkOrder({ watchId, events, fragment }: WatchResponse): void {
    if (events.length === 0) return;
    const revisions = events.map(({ kv }) => kv?.modRevision ?? 0n);
    const last = this.#lastRevision.get(watchId);
    const first = revisions[0] ?? 0n;
    if (last !== undefined && (last.complete ? first <= last.revision : first < last.revision)) {
      this.#failure = `watch ${watchId} got revision ${first} after ${last.revision}`;
    }
    if (revisions.some((revision, i) => i > 0 && revision < (revisions[i - 1] ?? 0n))) {
      this.#failure = `watch ${watchId} got revisions out of order: ${revisions.join(' ')}`;
    }
    this.#lastRevision.set(watchId, {
      revision: revisions.at(-1) ?? 0n,
      complete: !fragment,
    });
  }
}
