import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { unlink } from 'node:fs/promises';
import type { ListenOptions } from 'node:net';
import { isIP } from 'node:net';
import { getSystemErrorMap } from 'node:util';

/** Where to listen: a TCP address or the path of a unix socket. */
export type ListenAddress =
  | {
      /** A name or an IP address without brackets; empty or unspecified: every interface. */
      readonly host: string;
      /** 0: any free one. */
      readonly port: number;
    }
  | { readonly socketPath: string };

/** An address that could not be listened on. The text is the one etcd dies with. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  /** The system's, such as EADDRINUSE. */
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

/** As etcd: Go's listener has the length the system allows, by default this. */
const BACKLOG = 4096;

export interface ResolvedAddress {
  readonly options: ListenOptions;
  /** Network and address as Go names them in errors: "tcp 127.0.0.1:2379". */
  readonly text: string;
}

/** A name stands for one address, an IPv4 one if it has any: so "localhost" is 127.0.0.1. */
export async function resolveListenAddress(address: ListenAddress): Promise<ResolvedAddress> {
  if ('socketPath' in address) {
    // A socket file outlives its process, and would make the address look in use for ever.
    await unlink(address.socketPath).catch(ignoreMissingFile);
    return {
      options: { path: address.socketPath, backlog: BACKLOG },
      text: `unix ${address.socketPath}`,
    };
  }
  const ip = address.host === '' || isIP(address.host) ? address.host : await lookUp(address.host);
  // Go listens on both families for either unspecified address.
  const everywhere = ip === '' || ip === '0.0.0.0' || ip === '::';
  const shown = ip.includes(':') ? `[${ip}]` : ip;
  return {
    options: {
      host: everywhere ? '::' : ip,
      ipv6Only: false,
      port: address.port,
      backlog: BACKLOG,
    },
    text: `tcp ${shown}:${address.port}`,
  };
}

/** The same address for a machine without IPv6. */
export function withoutIpv6(options: ListenOptions): ListenOptions | undefined {
  return options.host === '::' ? { ...options, host: '0.0.0.0' } : undefined;
}

async function lookUp(host: string): Promise<string> {
  let found: readonly LookupAddress[];
  try {
    found = await lookup(host, { all: true, verbatim: true });
  } catch (error) {
    throw new ListenError(`listen tcp: lookup ${host}: no such host`, codeOf(error));
  }
  const chosen = found.find(({ family }) => family === 4) ?? found[0];
  if (chosen === undefined) {
    throw new ListenError(`listen tcp: lookup ${host}: no such host`, 'ENOTFOUND');
  }
  return chosen.address;
}

function ignoreMissingFile(error: unknown): void {
  if (codeOf(error) !== 'ENOENT') throw error;
}

/** Where the words of Linux, which Go prints, and those of node differ. */
const SYSTEM_TEXTS: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL: 'cannot assign requested address',
};

export function bindError(address: ResolvedAddress, error: unknown): ListenError {
  const code = codeOf(error);
  const errno = field(error, 'errno');
  const [, nodeText] = getSystemErrorMap().get(Number(errno)) ?? [code, code];
  const text = SYSTEM_TEXTS[code] ?? nodeText;
  return new ListenError(`listen ${address.text}: bind: ${text}`, code);
}

/** The system's code of an error, such as ENOENT. */
export function codeOf(error: unknown): string {
  return String(field(error, 'code') ?? 'UNKNOWN');
}

function field(error: unknown, name: 'code' | 'errno'): unknown {
  return typeof error === 'object' && error !== null
    ? (error as Partial<Record<typeof name, unknown>>)[name]
    : undefined;
}
