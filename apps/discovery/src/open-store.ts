import { EtcdEndpoints, PLAINTEXT } from '@etcd-ts/bootstrap';
import { errorText } from '@etcd-ts/daemon';
import type { ServiceParts } from './discovery-service.js';
import type { DiscoveryOptions } from './options.js';
import { EtcdTokenStore } from './registry/etcd-token-store.js';
import { SqliteTokenStore } from './registry/sqlite-token-store.js';
import type { ChangeListener, TokenStore } from './registry/token-store.js';

const DIAL_TIMEOUT_MS = 2000;
const REQUEST_TIMEOUT_MS = 5000;
const KEEPALIVE = { timeMs: 10_000, timeoutMs: 5000 };

/** Throws when the storage cannot be used. An etcd that is away is waited for by those who ask. */
export function openStore(
  options: DiscoveryOptions,
  parts: ServiceParts,
  onChange: ChangeListener,
): TokenStore {
  return options.endpoints.length > 0
    ? openCluster(options, parts, onChange)
    : openDirectory(options, parts, onChange);
}

function openCluster(
  options: DiscoveryOptions,
  { logger, scheduler }: ServiceParts,
  onChange: ChangeListener,
): TokenStore {
  const files = {
    caFile: options['etcd-cacert'],
    certFile: options['etcd-cert'],
    keyFile: options['etcd-key'],
  };
  const endpoints = new EtcdEndpoints({
    endpoints: options.endpoints,
    security: { ...PLAINTEXT, ...files },
    user: options['etcd-user'],
    password: options['etcd-password'],
    dialTimeoutMs: DIAL_TIMEOUT_MS,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    keepalive: KEEPALIVE,
  });
  return new EtcdTokenStore({ endpoints, ttlMs: options.ttl, scheduler, logger, onChange });
}

function openDirectory(
  options: DiscoveryOptions,
  { logger, clock, scheduler, onFatal }: ServiceParts,
  onChange: ChangeListener,
): TokenStore {
  const directory = options['data-dir'];
  const onDiskFailure = (error: unknown): void => {
    const fields = { 'data-dir': directory, error: errorText(error) };
    logger.fatal('storage failed; restart to read back what it has', fields);
    onFatal();
  };
  try {
    return new SqliteTokenStore({
      directory,
      ttlMs: options.ttl,
      maxTokens: options['max-tokens'],
      maxBytes: options['max-storage-mib'] * 1024 * 1024,
      clock,
      scheduler,
      onChange,
      onDiskFailure,
    });
  } catch (error) {
    const text = errorText(error);
    const reason = text === 'database is locked' ? 'another process uses it' : text;
    throw new Error(`cannot use the data directory ${directory}: ${reason}`, { cause: error });
  }
}
