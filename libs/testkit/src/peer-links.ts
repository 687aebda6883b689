import { OPEN, type LinkState } from './link-state.js';

/** Told when the state of the link it watches has changed. */
export interface LinkObserver {
  readonly from: string;
  readonly to: string;
  /** Sent and not yet delivered. */
  readonly bytesUnderWay: number;
  changed(): void;
}

/** The state of every directed link between the members of a cluster, by their names. */
export class PeerLinks {
  readonly #states = new Map<string, LinkState>();
  readonly #observers = new Set<LinkObserver>();

  state(from: string, to: string): LinkState {
    return this.#states.get(linkKey(from, to)) ?? OPEN;
  }

  /** Changes one direction. */
  set(from: string, to: string, state: LinkState): void {
    this.#states.set(linkKey(from, to), state);
    for (const observer of [...this.#observers]) {
      if (observer.from === from && observer.to === to) observer.changed();
    }
  }

  /** Both directions between every member of one side and every member of the other. */
  setBetween(side: readonly string[], otherSide: readonly string[], state: LinkState): void {
    for (const one of side) {
      for (const other of otherSide) {
        if (one === other) continue;
        this.set(one, other, state);
        this.set(other, one, state);
      }
    }
  }

  /** Opens every link. */
  heal(): void {
    this.#states.clear();
    for (const observer of [...this.#observers]) observer.changed();
  }

  /** Sent and not yet delivered, on all links. */
  get bytesUnderWay(): number {
    let bytes = 0;
    for (const observer of this.#observers) bytes += observer.bytesUnderWay;
    return bytes;
  }

  /** Takes bytes off a limited link; false when they are more than it lets through. */
  spend(from: string, to: string, bytes: number): boolean {
    const state = this.state(from, to);
    if (state.kind !== 'limited') return true;
    if (bytes < state.bytes) {
      this.#states.set(linkKey(from, to), { kind: 'limited', bytes: state.bytes - bytes });
      return true;
    }
    this.set(from, to, { kind: 'severed' });
    return false;
  }

  observe(observer: LinkObserver): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }
}

function linkKey(from: string, to: string): string {
  return `${from}>${to}`;
}
