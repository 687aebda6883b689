import { setTimeout as pause } from 'node:timers/promises';
import type { Namespaced } from '@etcd-ts/client';
import type { Session } from '@etcd-ts/client';
import type { Logger } from '@etcd-ts/foundation';

export interface RegistrationOptions {
  readonly resolverPrefix: string;
  readonly resolverTtlSeconds: number;
  /** Where clients reach this proxy. */
  readonly advertiseUrl: string;
  /** What it is called in lists of members. */
  readonly hostName: string;
}

export interface RegisteredProxy {
  readonly name: string;
  readonly address: string;
}

const RETRY_DELAY_MS = 1_000;

/**
 * Keeps the proxy's address under the prefix for as long as it runs, as etcd's naming resolver
 * writes it, where the other proxies of the prefix and their clients find it.
 */
export class Registration {
  readonly #options: RegistrationOptions;
  readonly #client: Namespaced;
  readonly #openSession: (ttlSeconds: number) => Promise<Session>;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>;

  constructor(
    options: RegistrationOptions,
    client: Namespaced,
    openSession: (ttlSeconds: number) => Promise<Session>,
    logger: Logger,
  ) {
    this.#options = options;
    this.#client = client;
    this.#openSession = openSession;
    this.#logger = logger;
    this.#running = this.#run();
  }

  /** Takes the address away, if that is quickly done; else its lease does. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#stay(signal);
      } catch (error) {
        if (signal.aborted) return;
        const fields = { error: String(error), address: this.#options.advertiseUrl };
        this.#logger.warn('failed to register the proxy; trying again', fields);
      }
      await pause(RETRY_DELAY_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  async #stay(signal: AbortSignal): Promise<void> {
    const { advertiseUrl, resolverTtlSeconds } = this.#options;
    const session = await this.#openSession(resolverTtlSeconds);
    try {
      await this.#client.kv.put(this.#key(), this.#value(), { lease: session.lease });
      const fields = { address: advertiseUrl, 'lease-ttl': resolverTtlSeconds };
      this.#logger.info('registered new grpc-proxy server', fields);
      await aborted([signal, session.lost]);
    } finally {
      await session.close({ timeoutMs: RETRY_DELAY_MS }).catch(() => undefined);
    }
  }

  #key(): string {
    return `${this.#options.resolverPrefix}/${this.#options.advertiseUrl}`;
  }

  #value(): string {
    const { advertiseUrl, hostName } = this.#options;
    return JSON.stringify({
      Op: 0,
      Addr: advertiseUrl,
      Metadata: JSON.stringify({ name: hostName }),
    });
  }
}

/** What one key of the resolver says; undefined: nothing that is of use. */
export function parseRegistration(value: Buffer): RegisteredProxy | undefined {
  try {
    const { Addr, Metadata } = JSON.parse(value.toString()) as Record<string, unknown>;
    if (typeof Addr !== 'string' || Addr === '') return undefined;
    return { address: Addr, name: nameOf(Metadata) };
  } catch {
    return undefined;
  }
}

function nameOf(metadata: unknown): string {
  const parsed: unknown = typeof metadata === 'string' ? JSON.parse(metadata) : metadata;
  const isObject = typeof parsed === 'object' && parsed !== null && 'name' in parsed;
  return isObject && typeof parsed.name === 'string' ? parsed.name : '';
}

function aborted(signals: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of signals) {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    }
  });
}
