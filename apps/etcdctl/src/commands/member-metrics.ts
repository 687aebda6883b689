import type { TlsOptions } from '@etcd-ts/client';
import type { FlagValues } from '@etcd-ts/command-line';
import { tlsOptions } from '../client-setup.js';

const METRIC = /^process_resident_memory_bytes (\S+)$/mu;
const TIMEOUT_MS = 5_000;

/** What the member at the endpoint says of its memory; undefined: it does not. */
export async function residentBytes(
  endpoint: string,
  flags: FlagValues,
): Promise<number | undefined> {
  const names = {
    cert: 'cert',
    key: 'key',
    cacert: 'cacert',
    insecureTransport: 'insecure-transport',
  };
  const { tls, isTlsDefault } = await tlsOptions(flags, names, '');
  const hasScheme = endpoint.includes('://');
  const url = hasScheme ? endpoint : `${isTlsDefault ? 'https' : 'http'}://${endpoint}`;
  const isSecure = url.startsWith('https:');
  const { secureContext, ca, skipVerification }: TlsOptions = isSecure ? tls() : {};
  const options = {
    ...(secureContext !== undefined && { secureContext }),
    ...(ca !== undefined && { ca }),
    rejectUnauthorized: skipVerification !== true,
    timeout: TIMEOUT_MS,
  };
  const { get } = await (isSecure ? import('node:https') : import('node:http'));
  return new Promise((resolve) => {
    const request = get(`${url.replace(/\/$/u, '')}/metrics`, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => {
        const value = METRIC.exec(Buffer.concat(chunks).toString())?.[1];
        resolve(value === undefined ? undefined : Number(value));
      });
      response.on('error', () => resolve(undefined));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(undefined));
  });
}
