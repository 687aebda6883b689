import { must } from '@etcd-ts/foundation';

import type { Budget } from './budget.js';
import { StepCounter } from './budget.js';

/** A sequential specification. States are values: `step` returns a new one. */
export interface Model<State, Input, Output> {
  readonly initial: State;
  /**
   * The state after the operation, or undefined if it cannot answer `output` in this state. Without
   * an output the operation got no answer, and any will do.
   */
  step(state: State, input: Input, output: Output | undefined): State | undefined;
  /** Equal for equal states only. */
  fingerprint(state: State): string;
}

/** `output` undefined: no answer, `returnedAt` is Infinity, and it may have happened or not. */
export interface Interval<Input, Output> {
  readonly input: Input;
  readonly output: Output | undefined;
  readonly invokedAt: number;
  readonly returnedAt: number;
}

export type Linearizability =
  | { readonly kind: 'ok' }
  /**
   * `stuck`: the operations that cannot all be placed after the longest prefix that could be;
   * indices into what was given.
   */
  | { readonly kind: 'violation'; readonly stuck: readonly number[] }
  | { readonly kind: 'unknown'; readonly reason: string };

/** The first and the last event of an operation, in one list ordered by time. */
interface Node {
  readonly operation: number;
  /** Undefined in a return. */
  readonly match: Node | undefined;
  readonly isReturn: boolean;
  previous: Node | undefined;
  next: Node | undefined;
}

/**
 * Wing and Gong's search with Lowe's memory of visited configurations ("Testing for
 * linearizability", 2017): operations are taken out of the list of events in every order real time
 * allows, until all that were answered are out. Exponential in the worst case, hence the budget;
 * keep partitions small.
 */
export function checkLinearizable<State, Input, Output>(
  model: Model<State, Input, Output>,
  intervals: readonly Interval<Input, Output>[],
  budget: Budget = {},
): Linearizability {
  return new WingGongSearch(model, intervals, new StepCounter(budget)).run();
}

class WingGongSearch<State, Input, Output> {
  readonly #model: Model<State, Input, Output>;
  readonly #intervals: readonly Interval<Input, Output>[];
  readonly #steps: StepCounter;
  readonly #head: Node;
  readonly #done: DoneSet;
  /** Operations placed so far, with the state before each. */
  readonly #placed: { readonly call: Node; readonly before: State }[] = [];
  readonly #visited = new Map<string, Uint32Array[]>();
  #longest = 0;
  #stuck: readonly number[] = [];

  constructor(
    model: Model<State, Input, Output>,
    intervals: readonly Interval<Input, Output>[],
    steps: StepCounter,
  ) {
    this.#model = model;
    this.#intervals = intervals;
    this.#steps = steps;
    this.#head = eventList(intervals);
    this.#done = new DoneSet(intervals.length);
  }

  run(): Linearizability {
    let state = this.#model.initial;
    let at = this.#head.next;
    let answersLeft = this.#intervals.filter(({ returnedAt }) => returnedAt !== Infinity).length;
    while (answersLeft > 0) {
      if (!this.#steps.spend()) {
        return { kind: 'unknown', reason: `gave up after ${this.#steps.steps} steps` };
      }
      if (at !== undefined && !at.isReturn) {
        const after = this.#tryNext(at, state);
        if (after === undefined) {
          at = at.next;
          continue;
        }
        this.#placed.push({ call: at, before: state });
        if (at.match !== undefined) answersLeft--;
        lift(at);
        state = after;
        at = this.#head.next;
        continue;
      }
      this.#remember();
      const last = this.#placed.pop();
      if (last === undefined) return { kind: 'violation', stuck: this.#stuck };
      this.#done.remove(last.call.operation);
      if (last.call.match !== undefined) answersLeft++;
      state = last.before;
      unlift(last.call);
      at = last.call.next;
    }
    return { kind: 'ok' };
  }

  /** The state after placing the operation here, unless impossible or already tried in vain. */
  #tryNext(call: Node, state: State): State | undefined {
    const { input, output } = must(this.#intervals[call.operation], 'an interval per operation');
    const after = this.#model.step(state, input, output);
    if (after === undefined) return undefined;
    this.#done.add(call.operation);
    const key = `${this.#done.hash}|${this.#model.fingerprint(after)}`;
    const same = this.#visited.get(key);
    if (same?.some((bits) => this.#done.equals(bits)) === true) {
      this.#done.remove(call.operation);
      return undefined;
    }
    const bits = this.#done.copy();
    if (same === undefined) this.#visited.set(key, [bits]);
    else same.push(bits);
    return after;
  }

  /** What is stuck at the deepest point is the best explanation there is. */
  #remember(): void {
    if (this.#placed.length < this.#longest && this.#stuck.length > 0) return;
    this.#longest = this.#placed.length;
    const stuck: number[] = [];
    for (let node = this.#head.next; node !== undefined; node = node.next) {
      stuck.push(node.operation);
      if (node.isReturn) break;
    }
    this.#stuck = [...new Set(stuck)];
  }
}

/** A set of operations with a hash that changes in O(1); equality is exact, not by the hash. */
class DoneSet {
  readonly #bits: Uint32Array;
  hash = 0;

  constructor(size: number) {
    this.#bits = new Uint32Array(Math.ceil(size / 32));
  }

  add(operation: number): void {
    this.#flip(operation);
  }

  remove(operation: number): void {
    this.#flip(operation);
  }

  copy(): Uint32Array {
    return this.#bits.slice();
  }

  equals(bits: Uint32Array): boolean {
    return this.#bits.every((word, i) => word === bits[i]);
  }

  #flip(operation: number): void {
    const word = operation >>> 5;
    this.#bits[word] = (this.#bits[word] as number) ^ (1 << (operation & 31));
    let mixed = Math.imul(operation + 1, 0x9e3779b1);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
    this.hash ^= mixed ^ (mixed >>> 13);
  }
}

function eventList(intervals: readonly Interval<unknown, unknown>[]): Node {
  const events: { readonly at: number; readonly node: Node }[] = [];
  for (const [operation, { invokedAt, returnedAt }] of intervals.entries()) {
    const links = { previous: undefined, next: undefined };
    const end: Node | undefined =
      returnedAt === Infinity
        ? undefined
        : { operation, match: undefined, isReturn: true, ...links };
    events.push({ at: invokedAt, node: { operation, match: end, isReturn: false, ...links } });
    if (end !== undefined) events.push({ at: returnedAt, node: end });
  }
  // A call at the very moment of a return counts as concurrent with it: the lenient reading.
  events.sort((a, b) => a.at - b.at || Number(a.node.isReturn) - Number(b.node.isReturn));
  const head: Node = {
    operation: -1,
    match: undefined,
    isReturn: false,
    previous: undefined,
    next: undefined,
  };
  let last = head;
  for (const { node } of events) {
    last.next = node;
    node.previous = last;
    last = node;
  }
  return head;
}

function lift(call: Node): void {
  for (const node of [call, call.match]) {
    if (node === undefined) continue;
    if (node.previous !== undefined) node.previous.next = node.next;
    if (node.next !== undefined) node.next.previous = node.previous;
  }
}

/** The exact inverse of `lift`, so in the opposite order. */
function unlift(call: Node): void {
  for (const node of [call.match, call]) {
    if (node === undefined) continue;
    if (node.previous !== undefined) node.previous.next = node;
    if (node.next !== undefined) node.next.previous = node;
  }
}
