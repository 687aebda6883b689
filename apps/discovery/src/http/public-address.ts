import type { Request } from 'express';

/** What a Host header may say; anything else would end up in answers and pages. */
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/iu;

export interface PublicAddressOptions {
  /** --host; empty: as the caller reached us. */
  readonly host: string;
  /** What to tell members; empty: none, or derived from `v3Port`. */
  readonly v3Endpoints: readonly string[];
  /** Of our own gRPC port. */
  readonly v3Port: number | undefined;
}

/** How callers find this service again. */
export class PublicAddress {
  readonly #options: PublicAddressOptions;

  constructor(options: PublicAddressOptions) {
    this.#options = options;
  }

  origin(request: Request): string {
    const { host } = this.#options;
    if (host !== '') return host.replace(/\/$/u, '');
    return `${request.protocol}://${hostOf(request)}`;
  }

  v3Endpoints(request: Request): readonly string[] {
    const { v3Endpoints, v3Port } = this.#options;
    if (v3Endpoints.length > 0 || v3Port === undefined) return v3Endpoints;
    const { hostname } = new URL(this.origin(request));
    return [`${hostname}:${v3Port}`];
  }
}

function hostOf(request: Request): string {
  const given = request.get('host') ?? '';
  if (HOST.test(given)) return given;
  const { localAddress = '127.0.0.1', localPort = 0 } = request.socket;
  return `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
}
