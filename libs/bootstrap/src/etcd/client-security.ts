import { readFileSync } from 'node:fs';
import type { ChannelCredentials, ClientOptions } from '@grpc/grpc-js';
import { Channel, credentials } from '@grpc/grpc-js';
import { Connection } from '@etcd-ts/rpc';
import { AddressCredentials, addressHostOf } from './address-credentials.js';

/** How to talk to an etcd. Files are read when the connection is made. */
export interface ClientSecurity {
  /** No TLS where an endpoint has no scheme; `http://` never has it, `https://` always. */
  readonly insecureTransport: boolean;
  readonly insecureSkipVerify: boolean;
  /** PEM files; empty: none. */
  readonly certFile: string;
  readonly keyFile: string;
  readonly caFile: string;
}

export const PLAINTEXT: ClientSecurity = {
  insecureTransport: true,
  insecureSkipVerify: false,
  certFile: '',
  keyFile: '',
  caFile: '',
};

export interface Keepalive {
  readonly timeMs: number;
  readonly timeoutMs: number;
}

/** Throws when a file cannot be read or holds no certificate. */
export function openConnection(
  endpoint: string,
  security: ClientSecurity,
  keepalive: Keepalive,
): Connection {
  const { address, scheme } = splitEndpoint(endpoint);
  const channelOptions: ClientOptions = {
    'grpc.keepalive_time_ms': keepalive.timeMs,
    'grpc.keepalive_timeout_ms': keepalive.timeoutMs,
    // An etcd that was away for a while is found again soon.
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 1000,
  };
  if (!usesTls(scheme, security)) return new Connection(address, { channelOptions });
  const channel = new Channel(address, tlsCredentials(address, security), {
    ...channelOptions,
    'grpc.enable_retries': 0,
    'grpc.use_local_subchannel_pool': 1,
  });
  return new Connection(address, { channelOptions: { channelOverride: channel } as ClientOptions });
}

/** `host:port`, or a URL of one; a socket's path stays in gRPC's own form. */
export function splitEndpoint(endpoint: string): { address: string; scheme: string } {
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.*)$/u.exec(endpoint) ?? [];
  if (scheme === '')
    return { address: endpoint, scheme: endpoint.startsWith('unix:') ? 'unix' : '' };
  if (scheme === 'unix' || scheme === 'unixs') return { address: `unix:${rest}`, scheme };
  return { address: rest.replace(/\/.*$/u, ''), scheme };
}

/** As etcd's client decides: the scheme of the endpoint comes first. */
function usesTls(scheme: string, security: ClientSecurity): boolean {
  if (scheme === 'https' || scheme === 'unixs') return true;
  if (scheme === 'http' || scheme === 'unix') return false;
  const hasFiles = security.caFile !== '' || security.certFile !== '';
  return hasFiles || !security.insecureTransport;
}

function tlsCredentials(address: string, security: ClientSecurity): ChannelCredentials {
  const rejectUnauthorized = !security.insecureSkipVerify;
  const [ca, key, cert] = [security.caFile, security.keyFile, security.certFile].map((file) =>
    file === '' ? undefined : readFileSync(file),
  );
  const host = addressHostOf(address);
  if (host === undefined) return credentials.createSsl(ca, key, cert, { rejectUnauthorized });
  // In the words of what makes the others.
  if ((key === undefined) !== (cert === undefined)) return credentials.createSsl(ca, key, cert);
  return new AddressCredentials(host, { ca, key, cert, rejectUnauthorized });
}
