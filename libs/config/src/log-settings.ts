import type { ScalarOutcome } from './go-scalar.js';
import type { OptionValues } from './option-schema.js';
import type { LogLevel, ServerConfig } from './server-config.js';

export type LogSettings = Pick<
  ServerConfig,
  'logLevel' | 'logFormat' | 'logOutputs' | 'logRotationJson'
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
  return { kind: 'ok', value: { ...settings, logRotationJson: rotation.value } };
}

/** Its text is checked where it is used: what rotation takes is the log's business. */
function rotationOf(
  values: OptionValues,
  outputs: readonly string[],
): ScalarOutcome<string | undefined> {
  if (!values['enable-log-rotation']) return { kind: 'ok', value: undefined };
  if (outputs.filter((output) => !NOT_A_FILE.has(output)).length !== 1) {
    return failed(
      '--log-outputs requires a single file path when --log-rotate-config-json is defined',
    );
  }
  return { kind: 'ok', value: values['log-rotation-config-json'] };
}

const failed = (message: string): { kind: 'error'; message: string } => ({
  kind: 'error',
  message,
});
