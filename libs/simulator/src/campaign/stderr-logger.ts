import type { LogFields, Logger } from '@etcd-ts/foundation';

/** What members say, line by line, for whoever looks into one seed. */
export class StderrLogger implements Logger {
  readonly #name: string;

  constructor(name = '') {
    this.#name = name;
  }

  named(name: string): Logger {
    return new StderrLogger(this.#name === '' ? name : `${this.#name}/${name}`);
  }

  debug(): void {
    // More than anybody wants to read.
  }

  info(message: string, fields?: LogFields): void {
    this.#write('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#write('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#write('error', message, fields);
  }

  fatal(message: string, fields?: LogFields): void {
    this.#write('fatal', message, fields);
  }

  #write(level: string, message: string, fields: LogFields = {}): void {
    const said = Object.entries(fields).map(([key, value]) => `${key}=${String(value)}`);
    process.stderr.write(`${level} ${this.#name} ${message} ${said.join(' ')}\n`);
  }
}
