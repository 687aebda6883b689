/** etcd's level names, from the most to the least talkative. */
const LOG_LEVELS = ['debug', 'info', 'warn', 'error', 'panic', 'fatal'] as const;

export type LogLevel = (typeof LOG_LEVELS)[number];

/** Higher is more severe. */
export function severity(level: LogLevel): number {
  return LOG_LEVELS.indexOf(level);
}
