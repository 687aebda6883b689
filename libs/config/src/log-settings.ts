import type { ScalarOutcome } from './go-scalar.js';
import type { OptionValues } from './option-schema.js';
import type { LogLevel, LogRotation, ServerConfig } from './server-config.js';

export type LogSettings = Pick<
  ServerConfig,
  'logLevel' | 'logFormat' | 'logOutputs' | 'logRotation'
>;

const DEFAULT_OUTPUT = 'default';
const NOT_A_FILE = new Set([DEFAULT_OUTPUT, 'stderr', 'stdout', 'systemd/journal']);

const LEVELS: Readonly<Record<string, LogLevel>> = {
  debug: 'debug',
  info: 'info',
  '': 'info',
  warn: 'warn',
  error: 'error',
  dpanic: 'panic',
  panic: 'panic',
  fatal: 'fatal',
};

/** The options about the log; checked before all others, for the others' warnings go there. */
export function logSettings(values: OptionValues): ScalarOutcome<LogSettings> {
  const logger = values['logger'];
  if (logger !== 'zap') return failed(`unknown logger option ${JSON.stringify(logger)}`);
  const outputs = values['log-outputs'];
  if (outputs.length === 0 || outputs.includes('')) {
    return failed('open sink "": open : no such file or directory');
  }
  if (outputs.length > 1 && outputs.includes(DEFAULT_OUTPUT)) {
    return failed(`multi logoutput for "${DEFAULT_OUTPUT}" is not supported yet`);
  }
  const levelText = values['log-level'];
  // Go takes all small or all capital letters, nothing between.
  const isOneCase = levelText === levelText.toLowerCase() || levelText === levelText.toUpperCase();
  const logLevel = isOneCase ? LEVELS[levelText.toLowerCase()] : undefined;
  if (logLevel === undefined) return failed(`unrecognized level: ${JSON.stringify(levelText)}`);
  const format = values['log-format'] === '' ? 'json' : values['log-format'];
  if (format !== 'json' && format !== 'console') {
    return failed(`unknown log format: ${format}, supported values json, console`);
  }
  const rotation = rotationOf(values, outputs);
  if (rotation.kind === 'error') return rotation;
  const settings = { logLevel, logFormat: format, logOutputs: outputs } as const;
  return { kind: 'ok', value: { ...settings, logRotation: rotation.value } };
}

function rotationOf(
  values: OptionValues,
  outputs: readonly string[],
): ScalarOutcome<LogRotation | undefined> {
  if (!values['enable-log-rotation']) return { kind: 'ok', value: undefined };
  if (outputs.filter((output) => !NOT_A_FILE.has(output)).length !== 1) {
    return failed(
      '--log-outputs requires a single file path when --log-rotate-config-json is defined',
    );
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(values['log-rotation-config-json']);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return failed(`improperly formatted log rotation config: ${error.message}`);
  }
  return rotationFields(parsed);
}

function rotationFields(parsed: unknown): ScalarOutcome<LogRotation> {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    return failed('improperly formatted log rotation config: a JSON object is expected');
  }
  const fields = new Map<string, unknown>(Object.entries(parsed));
  const faults: string[] = [];
  const number = (name: string): number => {
    const value = fields.get(name) ?? 0;
    if (typeof value === 'number' && Number.isInteger(value)) return value;
    faults.push(`improperly formatted log rotation config: ${name} must be an integer`);
    return 0;
  };
  const flag = (name: string): boolean => {
    const value = fields.get(name) ?? false;
    if (typeof value === 'boolean') return value;
    faults.push(`improperly formatted log rotation config: ${name} must be true or false`);
    return false;
  };
  const value: LogRotation = {
    maxSizeMib: number('maxsize'),
    maxAgeDays: number('maxage'),
    maxBackups: number('maxbackups'),
    localTime: flag('localtime'),
    compress: flag('compress'),
  };
  return faults[0] === undefined ? { kind: 'ok', value } : failed(faults[0]);
}

const failed = (message: string): { kind: 'error'; message: string } => ({
  kind: 'error',
  message,
});
