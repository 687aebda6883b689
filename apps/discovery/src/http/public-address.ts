import type { Request } from 'express';

/** What a Host header may say; anything else would end up in answers and pages. */
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::\d{1,5})?$/iu;

export interface PublicAddressOptions {
  /** --host; empty: as the caller reached us. */
  readonly host: string;
  /** Where members meet by v3 discovery; empty: nowhere. */
  readonly v3Endpoints: readonly string[];
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

  get v3Endpoints(): readonly string[] {
    return this.#options.v3Endpoints;
  }
}

function hostOf(request: Request): string {
  const given = request.get('host') ?? '';
  if (HOST.test(given)) return given;
  const { localAddress = '127.0.0.1', localPort = 0 } = request.socket;
  return `${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
}
