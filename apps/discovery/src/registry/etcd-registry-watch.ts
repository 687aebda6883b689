import type { EtcdEndpoints } from '@etcd-ts/bootstrap';
import type { Logger, Scheduler } from '@etcd-ts/foundation';
import { WatchCreateRequest, WatchDefinition } from '@etcd-ts/wire-protocol';
import { registryPrefix, tokenOfKey } from './etcd-token-keys.js';
import type { ChangeListener } from './token-store.js';

const RETRY_PAUSE_MS = 1000;

export interface RegistryWatchOptions {
  readonly endpoints: EtcdEndpoints;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  readonly onChange: ChangeListener;
}

/**
 * Learns of every change of any token. It only wakes those who wait, and they read for themselves;
 * so after a gap it is enough to wake them all.
 */
export class EtcdRegistryWatch {
  readonly #options: RegistryWatchOptions;
  readonly #stop = new AbortController();

  constructor(options: RegistryWatchOptions) {
    this.#options = options;
    void this.#run();
  }

  close(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const { logger, endpoints } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      try {
        await this.#watch();
      } catch (error) {
        if (signal.aborted) return;
        const text = error instanceof Error ? error.message : String(error);
        logger.warn('lost the watch of the registry', { error: text });
        endpoints.useNext();
        await this.#pause();
      }
    }
  }

  async #watch(): Promise<void> {
    const { endpoints, onChange } = this.#options;
    const { connection, options } = await endpoints.stream(this.#stop.signal);
    const call = connection.service(WatchDefinition).watch(options);
    const value = WatchCreateRequest.fromPartial(registryPrefix());
    await call.write({ requestUnion: { $case: 'createRequest', value } });
    for await (const { created, canceled, cancelReason, events } of call) {
      if (canceled) throw new Error(cancelReason || 'cancelled');
      // What happened before the watch began nobody has told us.
      if (created) onChange(undefined);
      const tokens = new Set(events.map(({ kv }) => kv && tokenOfKey(kv.key)));
      for (const token of tokens) if (token !== undefined) onChange(token);
    }
    throw new Error('the stream ended');
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#stop;
      const wake = (): void => {
        cancel();
        signal.removeEventListener('abort', wake);
        resolve();
      };
      const cancel = this.#options.scheduler.after(RETRY_PAUSE_MS, wake);
      signal.addEventListener('abort', wake);
    });
  }
}
