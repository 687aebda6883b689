import type { LogFields, Logger } from '@etcd-ts/foundation';

/** The same log; every line says the fields as well. */
export function withFields(logger: Logger, fields: LogFields): Logger {
  const add = (own?: LogFields): LogFields => ({ ...fields, ...own });
  return {
    debug: (message, own) => logger.debug(message, add(own)),
    info: (message, own) => logger.info(message, add(own)),
    warn: (message, own) => logger.warn(message, add(own)),
    error: (message, own) => logger.error(message, add(own)),
    fatal: (message, own) => logger.fatal(message, add(own)),
    named: (caller) => withFields(logger.named(caller), fields),
  };
}
