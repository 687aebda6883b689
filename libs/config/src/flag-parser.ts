import { PARSE_ERROR, parseGoBool } from './go-scalar.js';
import { formerNameNotice, warn } from './notice.js';
import type { ConfigNotice } from './notice.js';
import { findOption, IGNORED_FLAGS } from './option-schema.js';
import type { OptionName } from './option-schema.js';
import { parseOptionText } from './option-value.js';
import type { OptionValue } from './option.js';

export interface ParsedFlags {
  readonly given: ReadonlyMap<OptionName, OptionValue>;
  readonly configFile: string | undefined;
  readonly version: boolean;
  /** The first argument that is no flag; flags end there. */
  readonly positional: string | undefined;
}

export type FlagOutcome = { readonly notices: readonly ConfigNotice[] } & (
  | { readonly kind: 'ok'; readonly flags: ParsedFlags }
  | { readonly kind: 'help' }
  /** In the words of Go's flag package; usage follows and the exit code is 2. */
  | { readonly kind: 'refused'; readonly message: string }
);

type Step =
  'next' | 'end' | { readonly kind: 'help' } | { readonly kind: 'refused'; message: string };

/** Command lines by the rules of Go's flag package: `-f v`, `--f=v`, `--bool`, `--` ends flags. */
export function parseFlags(argv: readonly string[]): FlagOutcome {
  const parse = new FlagParse(argv);
  for (;;) {
    const step = parse.step();
    if (step === 'end') return { kind: 'ok', flags: parse.flags(), notices: parse.notices };
    if (step !== 'next') return { ...step, notices: parse.notices };
  }
}

class FlagParse {
  readonly notices: ConfigNotice[] = [];
  readonly #rest: string[];
  readonly #given = new Map<OptionName, OptionValue>();
  #configFile: string | undefined;
  #version = false;

  constructor(argv: readonly string[]) {
    this.#rest = [...argv];
  }

  flags(): ParsedFlags {
    return {
      given: this.#given,
      configFile: this.#configFile,
      version: this.#version,
      positional: this.#rest[0],
    };
  }

  step(): Step {
    const argument = this.#rest[0];
    if (argument === undefined || argument.length < 2 || !argument.startsWith('-')) return 'end';
    this.#rest.shift();
    if (argument === '--') return 'end';
    const body = argument.startsWith('--') ? argument.slice(2) : argument.slice(1);
    if (body === '' || body.startsWith('-') || body.startsWith('=')) {
      return { kind: 'refused', message: `bad flag syntax: ${argument}` };
    }
    const equals = body.indexOf('=');
    const name = equals < 0 ? body : body.slice(0, equals);
    return this.#flag(name, equals < 0 ? undefined : body.slice(equals + 1));
  }

  #flag(name: string, attached: string | undefined): Step {
    if (name === 'help' || name === 'h') return { kind: 'help' };
    if (IGNORED_FLAGS.has(name)) {
      this.notices.push(warn('flag is no longer supported - ignoring', { 'flag-name': name }));
      return 'next';
    }
    if (name === 'version') return this.#versionFlag(attached ?? 'true');
    const option = findOption(name);
    if (option === undefined && name !== 'config-file') {
      return { kind: 'refused', message: `flag provided but not defined: -${name}` };
    }
    const isBool = option?.kind === 'bool';
    const text = attached ?? (isBool ? 'true' : this.#rest.shift());
    if (text === undefined) return { kind: 'refused', message: `flag needs an argument: -${name}` };
    if (option === undefined) {
      this.#configFile = text;
      return 'next';
    }
    const outcome = parseOptionText(option, text);
    if (outcome.kind === 'error') return invalidValue(name, text, isBool, outcome.message);
    if (name === option.name) this.#given.set(option.name, outcome.value);
    else this.#formerFlag(name, option.name, outcome.value);
    return 'next';
  }

  /** Today's name wins over the former one, in whatever order they come. */
  #formerFlag(used: string, name: OptionName, value: OptionValue): void {
    this.notices.push(formerNameNotice(`--${used}`, `--${name}`));
    if (!this.#given.has(name)) this.#given.set(name, value);
  }

  #versionFlag(text: string): Step {
    const outcome = parseGoBool(text);
    if (outcome.kind === 'error') return invalidValue('version', text, true, PARSE_ERROR);
    this.#version = outcome.value;
    return 'next';
  }
}

function invalidValue(name: string, text: string, isBool: boolean, why: string): Step {
  const quoted = JSON.stringify(text);
  const message = isBool
    ? `invalid boolean value ${quoted} for -${name}: ${why}`
    : `invalid value ${quoted} for flag -${name}: ${why}`;
  return { kind: 'refused', message };
}
