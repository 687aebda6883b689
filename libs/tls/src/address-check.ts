import type { X509Certificate } from 'node:crypto';
import { lookup, reverse } from 'node:dns/promises';

import { altNames, isFor } from './certificate-check.js';

/** What is asked of DNS about a connection that comes with a certificate. */
export interface NameLookup {
  /** Names of an address, without trailing dots. */
  namesOf(address: string): Promise<readonly string[]>;
  /** Addresses of a name. */
  addressesOf(name: string): Promise<readonly string[]>;
}

export const SYSTEM_NAMES: NameLookup = {
  namesOf: async (address) => (await reverse(address)).map((name) => name.replace(/\.$/u, '')),
  addressesOf: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
};

/** Names of one certificate that are looked up: each is a question to a DNS server. */
const MAX_LOOKUPS = 32;

/**
 * Why a certificate does not fit the address its connection comes from: if it carries addresses or
 * host names, one of them must be that address or belong to it, by the name DNS has for the address
 * or by the address DNS has for the name. One that carries none may come from anywhere.
 */
export async function addressFault(
  certificate: X509Certificate,
  address: string,
  names: NameLookup,
): Promise<string | undefined> {
  const { addresses, hosts } = altNames(certificate);
  if (addresses.length + hosts.length === 0) return undefined;
  if (isFor(certificate, address)) return undefined;
  if (hosts.length === 0) {
    return `x509: certificate is valid for ${addresses.join(', ')}, not ${address}`;
  }
  const outcome = await belongs(address, hosts, names);
  if (outcome.found) return undefined;
  const listed = hosts.map((host) => JSON.stringify(host)).join(' ');
  const cause = outcome.failure === '' ? '' : ` (${outcome.failure})`;
  return `tls: ${JSON.stringify(address)} does not match any of DNSNames [${listed}]${cause}`;
}

interface Belonging {
  readonly found: boolean;
  readonly failure: string;
}

async function belongs(
  address: string,
  hosts: readonly string[],
  names: NameLookup,
): Promise<Belonging> {
  let failure = '';
  const asked = async (question: Promise<readonly string[]>): Promise<readonly string[]> => {
    try {
      return await question;
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
      return [];
    }
  };
  const suffixes = hosts.filter((host) => host.startsWith('*.')).map((host) => host.slice(1));
  const plain = hosts.filter((host) => !host.startsWith('*.')).slice(0, MAX_LOOKUPS);
  for (const name of await asked(names.namesOf(address))) {
    if (plain.includes(name) || suffixes.some((suffix) => name.endsWith(suffix))) {
      return { found: true, failure };
    }
  }
  for (const name of plain) {
    if ((await asked(names.addressesOf(name))).includes(address)) return { found: true, failure };
  }
  return { found: false, failure };
}
