import { openMemberAt, type LoggedLine } from '../stored-state/opened-member.js';
import { readKeyState, readState, type StoredState } from '../stored-state/state-digest.js';

/** Revisions of the past that are compared beside the present. */
const PAST_REVISIONS = [1, 3, 8];

export type Verdict =
  /** The state after so many changes. */
  | { readonly kind: 'recovered'; readonly state: number }
  | { readonly kind: 'violation'; readonly text: string };

/** What the member went through while it was recorded, and what of it each image must still be. */
export class ImageCheck {
  readonly #history: readonly StoredState[];
  /** By their text; a state that returns (a lease granted and revoked) has several places. */
  readonly #places = new Map<string, number[]>();
  readonly #byRevision = new Map<number, number>();

  constructor(history: readonly StoredState[]) {
    this.#history = history;
    history.forEach((state, i) => {
      const text = JSON.stringify(state);
      this.#places.set(text, [...(this.#places.get(text) ?? []), i]);
      if (!this.#byRevision.has(state.revision)) this.#byRevision.set(state.revision, i);
    });
  }

  /** How many states are acknowledged with a revision: the first that has it, and all before. */
  stateOfRevision(revision: number): number {
    return this.#byRevision.get(revision) ?? 0;
  }

  /** Starts a member over the image. It must serve some state of the history that is not before `atLeast`. */
  async judge(dataDir: string, atLeast: number): Promise<Verdict> {
    const lines: LoggedLine[] = [];
    let opened;
    try {
      opened = await openMemberAt(dataDir, lines);
    } catch (error) {
      return { kind: 'violation', text: `does not start: ${String(error)}` };
    }
    try {
      const state = await readState(opened.member.server);
      const verdict = this.#placeOf(state, atLeast);
      if (verdict.kind === 'violation') return verdict;
      const past = await this.#comparePast(opened.member.server, state);
      return past ?? verdict;
    } catch (error) {
      return { kind: 'violation', text: `cannot be read: ${String(error)}` };
    } finally {
      await opened.stop();
    }
  }

  #placeOf(state: StoredState, atLeast: number): Verdict {
    const places = this.#places.get(JSON.stringify(state));
    if (places === undefined) {
      const known = this.#history[this.stateOfRevision(state.revision)];
      const text = `serves a state that never was: ${JSON.stringify(state)}, not ${JSON.stringify(known)}`;
      return { kind: 'violation', text };
    }
    const place = places.find((at) => at >= atLeast);
    if (place !== undefined) return { kind: 'recovered', state: place };
    return {
      kind: 'violation',
      text: `acknowledged changes are lost: state ${places.join(', ')}, acknowledged ${atLeast}`,
    };
  }

  async #comparePast(
    server: Parameters<typeof readKeyState>[0],
    { revision, compactRevision }: StoredState,
  ): Promise<Verdict | undefined> {
    for (const age of PAST_REVISIONS) {
      const at = revision - age;
      if (at < Math.max(1, compactRevision)) continue;
      const { contents } = await readKeyState(server, at);
      const known = this.#history[this.stateOfRevision(at)];
      if (contents === known?.contents) continue;
      return { kind: 'violation', text: `revision ${at} is another than it was` };
    }
    return undefined;
  }
}
