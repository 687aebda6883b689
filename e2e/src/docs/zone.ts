import type { Hosts, Services } from '../discovery/name-server.js';

const SRV = /^(\S+?)\._tcp\.(\S+)\.\s+SRV \d+ \d+ (\d+) (\S+)\.$/gmu;
const ADDRESS = /^(\S+)\.\s+A (\S+)$/gmu;

/** Records in the notation of a zone file, of one domain: SRV and A. */
export function recordsOf(text: string): { readonly services: Services; readonly hosts: Hosts } {
  const services: Record<string, string[]> = {};
  let domain = '';
  for (const [, service = '', name = '', port = '', target = ''] of text.matchAll(SRV)) {
    (services[service] ??= []).push(`${target}:${port}`);
    domain = name;
  }
  const addresses = [...text.matchAll(ADDRESS)].map(
    ([, name = '', address = '']) => [name, address] as const,
  );
  const records = text.split('\n').filter((line) => line.trim() !== '').length;
  const understood = Object.values(services).flat().length + addresses.length;
  if (records !== understood) throw new Error(`not all are SRV or A records:\n${text}`);
  return { services, hosts: { domain, addresses: Object.fromEntries(addresses) } };
}
