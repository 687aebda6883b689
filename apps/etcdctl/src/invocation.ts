import { badFeature } from '@etcd-ts/command-line';
import type { FlagValues, Streams } from '@etcd-ts/command-line';
import type { ClientSet } from './client-setup.js';
import { openClient } from './client-setup.js';
import type { CommandPath } from './command.js';
import { debugLines } from './debug-lines.js';
import { applyEnvironment } from './environment.js';
import { GLOBAL_FLAGS } from './global-flags.js';
import type { Input } from './input.js';
import type { Format } from './output/output.js';
import { FORMATS, Output } from './output/output.js';

/** What a command gets from outside. */
export interface Surroundings {
  readonly streams: Streams;
  readonly input: Input;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborts when the user wants it to end, for commands that have something to clean up. */
  interrupts(): AbortSignal;
}

export interface InvocationParts {
  readonly path: CommandPath;
  readonly flags: FlagValues;
  readonly args: readonly string[];
  /** Of the arguments, how many stood before `--`; -1: there was none. */
  readonly argsBeforeDash: number;
  readonly surroundings: Surroundings;
}

/** A command that connects to a cluster, once it may. */
export interface Connected extends ClientSet {
  readonly output: Output;
}

/** One run of a command. */
export class Invocation {
  readonly path: CommandPath;
  readonly flags: FlagValues;
  readonly args: readonly string[];
  readonly argsBeforeDash: number;
  readonly surroundings: Surroundings;
  #settings: Output | undefined;

  constructor(parts: InvocationParts) {
    this.path = parts.path;
    this.flags = parts.flags;
    this.args = parts.args;
    this.argsBeforeDash = parts.argsBeforeDash;
    this.surroundings = parts.surroundings;
  }

  get commandTimeoutMs(): number {
    return this.flags.milliseconds('command-timeout');
  }

  /** Reads the environment and the options of output; throws what is wrong with them. */
  output(): Output {
    if (this.#settings !== undefined) return this.#settings;
    const { streams, environment } = this.surroundings;
    const names = GLOBAL_FLAGS.map(({ name }) => name);
    applyEnvironment(this.flags, names, environment, (line) => streams.error(line));
    const format = this.flags.text('write-out');
    if (!isFormat(format)) throw badFeature('unsupported output format');
    this.#settings = new Output(streams, format, this.flags.bool('hex'));
    return this.#settings;
  }

  async connect(): Promise<Connected> {
    const output = this.output();
    if (this.flags.bool('debug')) output.error(debugLines(this.flags));
    return { ...(await openClient(this.flags, this.surroundings)), output };
  }
}

const isFormat = (text: string): text is Format => (FORMATS as readonly string[]).includes(text);
