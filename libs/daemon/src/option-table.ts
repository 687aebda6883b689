/** What the text of an option becomes; durations are milliseconds. */
interface OptionValueByKind {
  readonly text: string;
  readonly count: number;
  readonly number: number;
  readonly duration: number;
  readonly switch: boolean;
  readonly list: readonly string[];
}

export type OptionKind = keyof OptionValueByKind;
type OptionValue = OptionValueByKind[OptionKind];

/** One option of a program: `--name`, and `PREFIX_NAME` in the environment. */
export interface CommandOption {
  readonly name: string;
  readonly kind: OptionKind;
  readonly default: string;
  /** What stands for the value in the help; none for a switch. */
  readonly placeholder?: string;
  readonly help: string;
  /** Of a count, a number or a duration (in ms); both inclusive. */
  readonly min?: number;
  readonly max?: number;
}

export type OptionValues<Table extends readonly CommandOption[]> = {
  readonly [Option in Table[number] as Option['name']]: OptionValueByKind[Option['kind']];
};

export interface CommandLineSources {
  /** Without the program itself. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the environment variables, without the underscore: `DISC`. */
  readonly envPrefix: string;
}

export type CommandLine<Table extends readonly CommandOption[]> =
  | {
      readonly kind: 'ok';
      readonly values: OptionValues<Table>;
      /** What is neither an option nor its value, in order. */
      readonly operands: readonly string[];
    }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  /** One line, for people. */
  | { readonly kind: 'error'; readonly message: string };

/** The Go forms that etcd's own flags take: `-f v`, `--f v`, `--f=v`; `--` ends the options. */
export function parseCommandLine<const Table extends readonly CommandOption[]>(
  table: Table,
  { argv, env, envPrefix }: CommandLineSources,
): CommandLine<Table> {
  const byName = new Map(table.map((option) => [option.name, option]));
  const texts = new Map<string, string>();
  for (const { name } of table) {
    const fromEnv = env[environmentName(envPrefix, name)];
    if (fromEnv !== undefined) texts.set(name, fromEnv);
  }
  const operands: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] ?? '';
    if (argument === '--') {
      operands.push(...argv.slice(i + 1));
      break;
    }
    const match = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/u.exec(argument);
    if (match === null) {
      operands.push(argument);
      continue;
    }
    const [, name = '', inline] = match;
    if (name === 'help' || name === 'h') return { kind: 'help' };
    if (name === 'version') return { kind: 'version' };
    const option = byName.get(name);
    if (option === undefined) return { kind: 'error', message: `unknown option: --${name}` };
    const following = inline ?? (option.kind === 'switch' ? 'true' : argv[++i]);
    if (following === undefined) {
      return { kind: 'error', message: `--${name} wants a value` };
    }
    texts.set(name, following);
  }
  return readValues(table, texts, operands);
}

export const environmentName = (prefix: string, name: string): string =>
  `${prefix}_${name.toUpperCase().replaceAll('-', '_')}`;

function readValues<const Table extends readonly CommandOption[]>(
  table: Table,
  texts: ReadonlyMap<string, string>,
  operands: readonly string[],
): CommandLine<Table> {
  const values: Record<string, OptionValue> = {};
  for (const option of table) {
    const text = texts.get(option.name) ?? option.default;
    const value = valueOf(option, text);
    if (value === undefined) {
      const message = `invalid value ${JSON.stringify(text)} for --${option.name}: ${wanted(option)}`;
      return { kind: 'error', message };
    }
    values[option.name] = value;
  }
  // Every name of the table has just got the value of its kind.
  return { kind: 'ok', values: values as OptionValues<Table>, operands };
}

function valueOf(option: CommandOption, text: string): OptionValue | undefined {
  switch (option.kind) {
    case 'text':
      return text;
    case 'list':
      return text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== '');
    case 'switch':
      return /^(?:true|1)$/u.test(text) ? true : /^(?:false|0)$/u.test(text) ? false : undefined;
    case 'count':
      return /^\d{1,15}$/u.test(text) ? bounded(option, Number(text)) : undefined;
    case 'number':
      return /^\d{1,15}(?:\.\d{1,15})?$/u.test(text) ? bounded(option, Number(text)) : undefined;
    case 'duration':
      return bounded(option, parseDurationMs(text));
  }
}

const bounded = (
  { min = 0, max = Number.MAX_SAFE_INTEGER }: CommandOption,
  value: number | undefined,
): number | undefined => (value === undefined || value < min || value > max ? undefined : value);

function wanted({ kind, min = 0, max }: CommandOption): string {
  const show = kind === 'duration' ? formatDuration : String;
  const range = max === undefined ? `at least ${show(min)}` : `${show(min)} to ${show(max)}`;
  switch (kind) {
    case 'count':
      return `a whole number, ${range}`;
    case 'number':
      return `a number, ${range}`;
    case 'duration':
      return `a duration such as 1m30s, ${range}`;
    case 'switch':
      return 'true or false';
    case 'text':
    case 'list':
      return 'a text';
  }
}

const UNITS_MS: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Go's `1h30m`, `1.5s`, `250ms`; a bare `0` needs no unit. Undefined for anything else. */
export function parseDurationMs(text: string): number | undefined {
  if (text === '0') return 0;
  if (!/^(?:\d+(?:\.\d+)?(?:h|ms|m|s))+$/u.test(text)) return undefined;
  let sum = 0;
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(h|ms|m|s)/gu)) {
    sum += Number(amount) * (UNITS_MS[unit ?? ''] ?? 0);
  }
  return sum;
}

/** The shortest of Go's forms: `168h`, `1m30s`, `250ms`. */
export function formatDuration(durationMs: number): string {
  if (durationMs === 0) return '0s';
  let rest = durationMs;
  let text = '';
  for (const [unit, unitMs] of Object.entries(UNITS_MS)) {
    const amount = Math.floor(rest / unitMs);
    if (amount > 0) text += `${amount}${unit}`;
    rest -= amount * unitMs;
  }
  return text;
}
