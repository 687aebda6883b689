import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import { addressText } from './remote.js';

export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

/**
 * What is wrong with endpoints that would lead back to where the proxy listens itself, or that no
 * address is known for, in etcd's words; undefined: nothing. A proxy that is its own endpoint serves
 * itself until the machine has nothing left (CVE-2020-15114).
 */
export async function complaintAboutEndpoints(
  listen: HostAndPort,
  endpoints: readonly HostAndPort[],
  listener: string,
): Promise<string | undefined> {
  const own = await listenAddresses(listen.host);
  if (own === undefined) return `failed to resolve listen host: ${listen.host}`;
  for (const { host, port } of endpoints) {
    const found = await addressesOf(host);
    if (found === undefined) return `failed to resolve endpoint host: ${host}`;
    const looped = port === listen.port ? found.find((address) => own.has(address)) : undefined;
    if (looped === undefined) continue;
    const way = `${addressText({ host, port })}->${addressText({ host: looped, port })}`;
    return `SRV or endpoint (${way}) should not resolve to the ${listener} listen addr (${addressText(listen)})`;
  }
  return undefined;
}

/** Whoever listens on all addresses is reached at every one of the machine's. */
async function listenAddresses(host: string): Promise<ReadonlySet<string> | undefined> {
  const found = host === '' ? ['0.0.0.0', '::'] : await addressesOf(host);
  if (found === undefined) return undefined;
  const isEverywhere = found.some((address) => address === '0.0.0.0' || address === '::');
  if (!isEverywhere) return new Set(found);
  const own = Object.values(networkInterfaces()).flatMap((each) => each ?? []);
  return new Set(['0.0.0.0', '::', ...own.map(({ address }) => address)]);
}

async function addressesOf(host: string): Promise<readonly string[] | undefined> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => address);
  } catch {
    return undefined;
  }
}
