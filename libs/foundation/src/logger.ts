/** Anything a log line can carry; bigint is printed as a number, Error as its message. */
export type LogValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Error
  | readonly LogValue[]
  | { readonly [name: string]: LogValue };

export type LogFields = Readonly<Record<string, LogValue>>;

/**
 * Levels say who must act: debug nobody; info an operator reading back; warn an operator soon;
 * error an operator now. `fatal` only logs at that level: ending the process is the app's business.
 */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  fatal(message: string, fields?: LogFields): void;
  /** The same sink with another `caller` (a module's name, such as "storage/wal"). */
  named(caller: string): Logger;
}

const ignore = (): void => undefined;

/** For tests and for parts whose owner has no log. */
export const SILENT_LOGGER: Logger = {
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  fatal: ignore,
  named: () => SILENT_LOGGER,
};
