import { createLogger } from '@etcd-ts/observability';
import type { LogLevel, NodeLogger } from '@etcd-ts/observability';
import type { RunningService } from './daemon-run.js';
import { runDaemon } from './daemon-run.js';
import { formatOptionHelp } from './option-help.js';
import type { OptionSection } from './option-help.js';
import { parseCommandLine } from './option-table.js';
import type { CommandLine, CommandOption } from './option-table.js';
import { SYSTEM_CLOCK } from './system-time.js';

/** Asked for in a way that it cannot be done. */
const NOT_UNDERSTOOD = 2;

/** Of every program that goes on. */
export const LOG_OPTIONS = [
  {
    name: 'log-level',
    kind: 'text',
    default: 'info',
    placeholder: 'LEVEL',
    help: 'debug, info, warn, error or fatal.',
  },
  {
    name: 'log-format',
    kind: 'text',
    default: 'json',
    placeholder: 'FORMAT',
    help: 'json or console.',
  },
] as const satisfies readonly CommandOption[];

export interface DaemonProgramParts {
  readonly name: string;
  readonly version: string;
  readonly commit: string;
  /** Before the options and behind them, in its help. */
  readonly introduction: string;
  readonly examples: string;
  readonly sections: readonly OptionSection[];
  readonly envPrefix: string;
}

type Values<Table extends readonly CommandOption[]> = Extract<
  CommandLine<Table>,
  { kind: 'ok' }
>['values'];

/** What a command line program says and does whatever it is for; numbers are exit codes. */
export class DaemonProgram {
  readonly #parts: DaemonProgramParts;

  constructor(parts: DaemonProgramParts) {
    this.#parts = parts;
  }

  /** Reads the options; whoever asks for help or the version gets that instead of `act`. */
  async run<const Table extends readonly CommandOption[]>(
    table: Table,
    argv: readonly string[],
    act: (operands: readonly string[], values: Values<Table>) => Promise<number> | number,
  ): Promise<number> {
    const { name, version, commit, introduction, examples, sections, envPrefix } = this.#parts;
    const parsed = parseCommandLine(table, { argv, env: process.env, envPrefix });
    switch (parsed.kind) {
      case 'help':
        process.stdout.write(introduction + formatOptionHelp(sections, envPrefix) + examples);
        return 0;
      case 'version':
        process.stdout.write(`${name} of etcd-ts ${version} (${commit})\n`);
        return 0;
      case 'error':
        return this.refuse(parsed.message);
      case 'ok':
        return act(parsed.operands, parsed.values);
    }
  }

  refuse(message: string): number {
    const { name } = this.#parts;
    process.stderr.write(`${name}: ${message}\nTry ${name} --help.\n`);
    return NOT_UNDERSTOOD;
  }

  refuseOperand(operand: string): number {
    return this.refuse(`${JSON.stringify(operand)} is not an option`);
  }

  /** Serves until a signal ends the process. `caller` is the name in its log. */
  serve(
    options: { readonly 'log-level': string; readonly 'log-format': string },
    caller: string,
    start: (logger: NodeLogger) => Promise<RunningService>,
  ): Promise<number> | number {
    const level = options['log-level'];
    const format = options['log-format'];
    if (!isLevel(level)) return this.refuse(`unknown --log-level ${level}`);
    if (format !== 'json' && format !== 'console') {
      return this.refuse(`unknown --log-format ${format}`);
    }
    const outputs = ['stderr'];
    const outcome = createLogger({ level, format, outputs, clock: SYSTEM_CLOCK, caller });
    if (outcome.kind === 'error') return this.refuse(outcome.message);
    const { logger } = outcome;
    const { version, commit } = this.#parts;
    logger.info('starting', { version, commit, pid: process.pid });
    return runDaemon({ logger, start: () => start(logger) });
  }
}

const LEVELS: ReadonlySet<string> = new Set(['debug', 'info', 'warn', 'error', 'fatal']);
const isLevel = (text: string): text is LogLevel => LEVELS.has(text);
