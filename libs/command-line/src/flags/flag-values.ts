import { must, parseGoDuration } from '@etcd-ts/foundation';
import { parseBoolean } from '../go/boolean.js';
import { parseInteger } from '../go/integer.js';
import { splitCommaList } from './comma-list.js';
import type { Flag } from './flag.js';

type FlagValue = boolean | string | bigint | number | readonly string[];

/** What the flags of one command line say; a flag that was not given says its default. */
export class FlagValues {
  readonly #flags: ReadonlyMap<string, Flag>;
  readonly #given = new Map<string, FlagValue>();

  constructor(flags: readonly Flag[]) {
    this.#flags = new Map(flags.map((flag) => [flag.name, flag]));
  }

  get flags(): Iterable<Flag> {
    return this.#flags.values();
  }

  find(name: string): Flag | undefined {
    return this.#flags.get(name);
  }

  findShorthand(letter: string): Flag | undefined {
    return [...this.#flags.values()].find(({ shorthand }) => shorthand === letter);
  }

  isGiven(name: string): boolean {
    return this.#given.has(name);
  }

  /** undefined: done. Else why not, in Go's words. */
  set(flag: Flag, text: string): string | undefined {
    const outcome = parseValue(flag, text);
    if (outcome.kind === 'error') return outcome.message;
    const before = this.#given.get(flag.name);
    // Lists grow; the first word replaces the default.
    const isMore = Array.isArray(outcome.value) && Array.isArray(before);
    const value = isMore
      ? [...(before as string[]), ...(outcome.value as string[])]
      : outcome.value;
    this.#given.set(flag.name, value);
    return undefined;
  }

  /** Names of flags that must be given and are not, or are empty. */
  missing(): readonly string[] {
    return [...this.#flags.values()]
      .filter(({ isRequired, name }) => isRequired === true && !this.isGiven(name))
      .map(({ name }) => name);
  }

  bool(name: string): boolean {
    return this.#value(name) as boolean;
  }

  text(name: string): string {
    return this.#value(name) as string;
  }

  integer(name: string): bigint {
    return this.#value(name) as bigint;
  }

  milliseconds(name: string): number {
    return this.#value(name) as number;
  }

  list(name: string): readonly string[] {
    return this.#value(name) as readonly string[];
  }

  #value(name: string): FlagValue {
    const given = this.#given.get(name);
    if (given !== undefined) return given;
    const flag = must(this.#flags.get(name), () => `no flag ${name}`);
    const outcome = parseValue(flag, flag.default);
    return must(outcome.kind === 'ok' ? outcome.value : undefined, () => `default of ${name}`);
  }
}

type ValueOutcome =
  | { readonly kind: 'ok'; readonly value: FlagValue }
  | { readonly kind: 'error'; readonly message: string };

function parseValue({ kind }: Flag, text: string): ValueOutcome {
  switch (kind) {
    case 'string':
      return { kind: 'ok', value: text };
    case 'strings':
      return { kind: 'ok', value: splitCommaList(text) };
    case 'int64':
      return parseInteger(text, { base: 0 });
    case 'uint':
      return parseInteger(text, { base: 0, isUnsigned: true });
    case 'duration': {
      const outcome = parseGoDuration(text);
      return outcome.kind === 'ok' ? { kind: 'ok', value: outcome.milliseconds } : outcome;
    }
    case 'bool': {
      const value = parseBoolean(text);
      if (value !== undefined) return { kind: 'ok', value };
      const message = `strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`;
      return { kind: 'error', message };
    }
  }
}
