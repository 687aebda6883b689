import { errorText } from '@etcd-ts/daemon';
import type { ServiceParts } from './discovery-service.js';
import type { DiscoveryOptions } from './options.js';
import { SqliteTokenStore } from './registry/sqlite-token-store.js';
import type { ChangeListener, TokenStore } from './registry/token-store.js';

export function openStore(
  options: DiscoveryOptions,
  { logger, clock, scheduler, onFatal }: ServiceParts,
  onChange: ChangeListener,
): Promise<TokenStore> {
  const directory = options['data-dir'];
  try {
    return Promise.resolve(
      new SqliteTokenStore({
        directory,
        ttlMs: options.ttl,
        maxTokens: options['max-tokens'],
        clock,
        scheduler,
        onChange,
        onDiskFailure: (error) => {
          logger.fatal('storage failed; restart to read back what it has', {
            'data-dir': directory,
            error: errorText(error),
          });
          onFatal();
        },
      }),
    );
  } catch (error) {
    const text = errorText(error);
    const reason = text === 'database is locked' ? 'another process uses it' : text;
    return Promise.reject(new Error(`cannot use the data directory ${directory}: ${reason}`));
  }
}
