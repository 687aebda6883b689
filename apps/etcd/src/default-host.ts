import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

const ROUTES = '/proc/net/route';
const ANY_DESTINATION = '00000000';

/**
 * The IPv4 address of the interface that the default route leaves by: what a member advertises
 * that listens on all addresses. Undefined without such a route, and where the kernel shows none.
 */
export function findDefaultHost(): string | undefined {
  let routes: string;
  try {
    routes = readFileSync(ROUTES, 'utf8');
  } catch {
    return undefined;
  }
  const name = defaultInterface(routes);
  if (name === undefined) return undefined;
  return networkInterfaces()[name]?.find((address) => address.family === 'IPv4')?.address;
}

/** The kernel's table: one route a line, columns by tabs: interface, destination, gateway, ... */
export function defaultInterface(routes: string): string | undefined {
  const rows = routes
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'));
  const usable = rows.filter(([, destination, , , , , , mask]) => {
    return destination === ANY_DESTINATION && mask === ANY_DESTINATION;
  });
  const metric = (row: readonly string[]): number => Number(row[6] ?? 0);
  return usable.sort((a, b) => metric(a) - metric(b))[0]?.[0];
}
