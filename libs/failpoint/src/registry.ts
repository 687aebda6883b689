import type { FailpointName } from './names.js';
import { FAILPOINT_NAMES } from './names.js';
import { parseTerms, sleepMs } from './terms.js';
import type { Mode, Term } from './terms.js';

/** What a failpoint does to the process it is in. */
export interface FailpointHost {
  /** Ends the process at once: nothing of it may run afterwards, or it would be no crash. */
  panic(message: string): never;
  /** Stands still for so long, with everything else in the process. */
  sleep(durationMs: number): void;
  print(line: string): void;
  /** From 0 to below 1. */
  random(): number;
}

/** What `return` gives to the place that asks: its value, or true when it has none. */
export type Returned = number | string | boolean;

export type SetOutcome = 'ok' | 'unknown' | 'malformed';

interface Armed {
  readonly text: string;
  readonly terms: readonly Term[];
  /** How often a term has acted. */
  executions: number;
}

/** The failpoints of one process and what each is set to do. */
export class FailpointRegistry {
  readonly #host: FailpointHost;
  readonly #armed = new Map<string, Armed>();

  constructor(host: FailpointHost) {
    this.#host = host;
  }

  /** Replaces what was set before, its counts included. */
  set(name: string, text: string): SetOutcome {
    if (!isFailpoint(name)) return 'unknown';
    const terms = parseTerms(text);
    if (terms === undefined) return 'malformed';
    this.#armed.set(name, { text, terms, executions: 0 });
    return 'ok';
  }

  /** `NAME=TERMS;NAME=TERMS`; all of it, or nothing when any of it is wrong. */
  setAll(text: string): SetOutcome {
    const settings = text
      .split(';')
      .filter((setting) => setting !== '')
      .map((setting) => setting.split('='));
    for (const [name = '', terms = '', ...rest] of settings) {
      if (rest.length > 0 || parseTerms(terms) === undefined) return 'malformed';
      if (!isFailpoint(name)) return 'unknown';
    }
    for (const [name = '', terms = ''] of settings) this.set(name, terms);
    return 'ok';
  }

  /** False when it was not set, or does not exist. */
  unset(name: string): boolean {
    return this.#armed.delete(name);
  }

  /** Undefined when it is not set. */
  status(name: string): { readonly terms: string; readonly executions: number } | undefined {
    const armed = this.#armed.get(name);
    return armed && { terms: armed.text, executions: armed.executions };
  }

  reach(name: FailpointName): Returned | undefined {
    const armed = this.#armed.get(name);
    const term = armed?.terms.find(({ modes }) => modes.every((mode) => this.#allows(mode)));
    if (armed === undefined || term === undefined) return undefined;
    armed.executions++;
    return this.#act(name, term);
  }

  #allows(mode: Mode): boolean {
    if (mode.kind === 'chance') return this.#host.random() < mode.share;
    if (mode.left <= 0) return false;
    mode.left--;
    return true;
  }

  #act(name: FailpointName, { action, value }: Term): Returned | undefined {
    switch (action) {
      case 'off':
        return undefined;
      case 'return':
        return value ?? true;
      case 'print':
        this.#host.print(`failpoint print: ${name}`);
        return undefined;
      case 'panic':
        return this.#host.panic(`failpoint panic: ${name}`);
      case 'sleep': {
        const durationMs = sleepMs(value);
        if (durationMs === undefined) this.#host.print(`failpoint: ignoring sleep on ${name}`);
        else this.#host.sleep(durationMs);
        return undefined;
      }
    }
  }
}

export function isFailpoint(name: string): name is FailpointName {
  return (FAILPOINT_NAMES as readonly string[]).includes(name);
}
