import { keyValueOf, type WatchRecord, type WatchResponse } from '@etcd-ts/checker';
import { pause, type ClusterMember } from '@etcd-ts/testkit';
import {
  WatchCreateRequest,
  WatchDefinition,
  type WatchResponse as WatchMessage,
} from '@etcd-ts/wire-protocol';

const EVERYTHING = { key: '\0', rangeEnd: '\0' };
/** A client that cannot watch tries again after it. */
const RETRY_MS = 50;

/** What one watch got over one stream; the record of it can be asked for at any time. */
export class WatchLog {
  readonly #name: string;
  readonly #startRevision: number;
  readonly #resumes: WatchRecord | undefined;
  readonly #responses: WatchResponse[] = [];
  #createdRevision: number | undefined;
  /** The revision the next watch has to start from. */
  next: number;

  constructor(name: string, startRevision: number, resumes?: WatchRecord) {
    this.#name = name;
    this.#startRevision = startRevision;
    this.#resumes = resumes;
    this.next = startRevision;
  }

  /** False when the watch is over. */
  take({ created, canceled, compactRevision, header, events, fragment }: WatchMessage): boolean {
    const revision = Number(header?.revision ?? 0n);
    // Whoever may not watch is told so in the same breath.
    if (canceled && compactRevision === 0n) return false;
    if (created) this.#createdRevision = revision;
    if (events.length > 0) {
      this.#responses.push({
        kind: 'events',
        revision,
        fragment,
        events: events.flatMap(({ type, kv }) =>
          kv === undefined
            ? []
            : [{ type: type === 1 ? ('delete' as const) : ('put' as const), kv: keyValueOf(kv) }],
        ),
      });
      const last = Number(events.at(-1)?.kv?.modRevision ?? 0n);
      // A part of a revision must be asked for again as a whole.
      this.next = fragment ? last : last + 1;
    }
    if (!canceled) return true;
    this.#responses.push({ kind: 'canceled', compactRevision: Number(compactRevision) });
    this.next = Math.max(this.next, Number(compactRevision));
    return false;
  }

  record(mustReach?: number): WatchRecord {
    return {
      name: this.#name,
      range: EVERYTHING,
      startRevision: this.#startRevision,
      responses: this.#responses,
      ...(this.#createdRevision === undefined ? {} : { createdRevision: this.#createdRevision }),
      ...(this.#resumes === undefined ? {} : { resumes: this.#resumes }),
      ...(mustReach === undefined ? {} : { mustReach }),
    };
  }
}

/** Watches everything at one member, over and over: a broken stream is resumed where it ended. */
export class LiveWatch {
  readonly #member: ClusterMember;
  readonly #ended: WatchRecord[] = [];
  #log: WatchLog;
  #stop: () => void = () => undefined;
  #stopped = false;
  readonly #running: Promise<void>;

  constructor(member: ClusterMember, startRevision: number) {
    this.#member = member;
    this.#log = new WatchLog(this.#name(), startRevision);
    this.#running = this.#watchOn();
  }

  /** The next revision it waits for. */
  get next(): number {
    return this.#log.next;
  }

  get records(): readonly WatchRecord[] {
    return [...this.#ended, this.#log.record()];
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#stop();
    await this.#running;
  }

  #name(): string {
    return `at ${this.#member.identity}, stream ${this.#ended.length}`;
  }

  async #watchOn(): Promise<void> {
    // A member that has left the cluster takes its client with it.
    while (!this.#stopped && !this.#member.client.isClosed) {
      await this.#oneStream();
      if (this.#stopped) return;
      await pause(RETRY_MS);
      const ended = this.#log.record();
      // Streams that never brought anything would only make the chain long.
      if (ended.responses.length > 0) this.#ended.push(ended);
      this.#log = new WatchLog(this.#name(), this.#log.next, this.#ended.at(-1));
    }
  }

  #oneStream(): Promise<void> {
    const stream = this.#member.client.bidi(WatchDefinition, WatchDefinition.methods.watch);
    return new Promise((resolve) => {
      this.#stop = () => {
        stream.cancel();
        resolve();
      };
      stream.on('error', () => resolve());
      stream.on('end', () => resolve());
      stream.on('data', (message: WatchMessage) => {
        if (!this.#log.take(message)) this.#stop();
      });
      const value = WatchCreateRequest.fromPartial({
        key: Buffer.of(0),
        rangeEnd: Buffer.of(0),
        startRevision: BigInt(this.#log.next),
      });
      stream.write({ requestUnion: { $case: 'createRequest', value } });
    });
  }
}
