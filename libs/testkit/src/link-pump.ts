import type { Socket } from 'node:net';

import type { LinkObserver, PeerLinks } from './peer-links.js';

/** What a link under way may hold before its sender must wait: a few buffers of a kernel. */
const MAX_BYTES_UNDER_WAY = 1024 * 1024;

interface Parcel {
  readonly bytes: Buffer | 'end' | 'close';
  readonly dueAtMs: number;
}

/** Carries one direction of one connection over its link. */
export class LinkPump implements LinkObserver {
  readonly from: string;
  readonly to: string;
  readonly #links: PeerLinks;
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #underWay: Parcel[] = [];
  readonly #forget: () => void;
  #bytesUnderWay = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(links: PeerLinks, from: string, to: string, source: Socket, sink: Socket) {
    this.#links = links;
    this.from = from;
    this.to = to;
    this.#source = source;
    this.#sink = sink;
    this.#forget = links.observe(this);
    source.on('data', (bytes: Buffer) => this.#send(bytes));
    source.on('end', () => this.#send('end'));
    source.on('error', () => undefined);
    source.on('close', () => this.#send('close'));
    sink.on('drain', () => this.#deliver());
    sink.on('close', () => this.#stop());
    this.changed();
  }

  get bytesUnderWay(): number {
    return this.#bytesUnderWay;
  }

  changed(): void {
    if (this.#state().kind === 'severed') {
      this.#source.destroy();
      this.#sink.destroy();
    } else this.#deliver();
  }

  #state(): ReturnType<PeerLinks['state']> {
    return this.#links.state(this.from, this.to);
  }

  #send(bytes: Parcel['bytes']): void {
    const state = this.#state();
    const delayMs =
      state.kind === 'delayed' ? state.delayMs + (Math.random() * 2 - 1) * state.jitterMs : 0;
    const earliest = this.#underWay.at(-1)?.dueAtMs ?? 0;
    const dueAtMs = Math.max(earliest, performance.now() + Math.max(0, delayMs));
    this.#underWay.push({ bytes, dueAtMs });
    if (Buffer.isBuffer(bytes)) this.#bytesUnderWay += bytes.length;
    if (this.#bytesUnderWay > MAX_BYTES_UNDER_WAY) this.#source.pause();
    this.#deliver();
  }

  #deliver(): void {
    clearTimeout(this.#timer);
    while (this.#state().kind !== 'held' && !this.#sink.writableNeedDrain) {
      const parcel = this.#underWay[0];
      if (parcel === undefined) break;
      const waitMs = parcel.dueAtMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#deliver(), waitMs);
        break;
      }
      this.#underWay.shift();
      this.#handOver(parcel.bytes);
    }
    if (this.#bytesUnderWay <= MAX_BYTES_UNDER_WAY) this.#source.resume();
  }

  #handOver(bytes: Parcel['bytes']): void {
    if (bytes === 'end') this.#sink.end();
    else if (bytes === 'close') this.#sink.destroySoon();
    else {
      this.#bytesUnderWay -= bytes.length;
      if (this.#links.spend(this.from, this.to, bytes.length)) this.#sink.write(bytes);
    }
  }

  /** Nobody is left to receive. The sender may only learn it over the way back, which is a pump, too. */
  #stop(): void {
    clearTimeout(this.#timer);
    this.#forget();
    this.#underWay.length = 0;
    this.#bytesUnderWay = 0;
  }
}
