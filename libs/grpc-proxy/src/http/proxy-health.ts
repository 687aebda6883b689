import type { Client } from '@etcd-ts/client';
import { ERRORS, EtcdError } from '@etcd-ts/wire-protocol';

export interface Health {
  readonly health: 'true' | 'false';
  readonly reason: string;
}

/** Some key: whether it is there does not matter. */
const PROBED_KEY = 'a';
const READ_TIMEOUT_MS = 1_000;
const WATCH_TIMEOUT_MS = 3_000;

/** Whether the cluster answers a linearizable read; that it refuses this one is an answer, too. */
export async function clusterHealth(client: Client): Promise<Health> {
  try {
    await client.kv.get(PROBED_KEY, { timeoutMs: READ_TIMEOUT_MS });
  } catch (error) {
    if (!isRefusal(error)) return { health: 'false', reason: `GET ERROR:${messageOf(error)}` };
  }
  return { health: 'true', reason: '' };
}

/** The same, and that a watch can be had. */
export async function proxyHealth(client: Client): Promise<Health> {
  const cluster = await clusterHealth(client);
  if (cluster.health === 'false') return cluster;
  const signal = AbortSignal.timeout(WATCH_TIMEOUT_MS);
  const watch = client.watch(PROBED_KEY, { signal });
  try {
    await watch.created;
  } catch (error) {
    if (!isRefusal(error)) return { health: 'false', reason: 'WATCH TIMEOUT' };
  } finally {
    watch.cancel();
  }
  return cluster;
}

function isRefusal(error: unknown): boolean {
  const { PermissionDenied, UserEmpty } = ERRORS;
  return error instanceof EtcdError && [PermissionDenied, UserEmpty].some((one) => error.is(one));
}

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
