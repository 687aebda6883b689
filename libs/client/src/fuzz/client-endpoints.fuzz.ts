import { assert, SeededRng } from '@etcd-ts/foundation';
import { mutateText, ODD_WORDS, pick } from '@etcd-ts/fuzzing';
import { hostOf, isHostPort, parseEndpoint } from '../transport/endpoint.js';
import type { Endpoint } from '../transport/endpoint.js';

const CASES = 500;
const ENDPOINTS = [
  '127.0.0.1:2379',
  'http://localhost:2379',
  'https://[::1]:2379/path',
  'unix:///var/run/etcd.sock',
  'unixs://localhost:0',
  'unix:relative',
  'https://user@etcd.example.com:65535',
  '[fe80::1%25eth0]:1',
];

/** Where a client is told to connect: refused, or exactly the host and the port that are written. */
export function round(seed: number): number {
  const rng = new SeededRng(seed);
  for (let i = 0; i < CASES; i++) {
    const text = mutateText(rng, pick(rng, ENDPOINTS), ODD_WORDS);
    const tlsByDefault = rng.below(2) === 0;
    try {
      const endpoint = parsed(text, tlsByDefault);
      if (endpoint !== undefined) check(endpoint);
    } catch (error) {
      throw new Error(JSON.stringify(text), { cause: error });
    }
  }
  return CASES;
}

/** Undefined: refused, in the one way there is. */
function parsed(text: string, tlsByDefault: boolean): Endpoint | undefined {
  try {
    return parseEndpoint(text, { tlsByDefault });
  } catch (error) {
    if (error instanceof TypeError && error.message.includes('endpoint')) return undefined;
    throw error;
  }
}

function check({ address, isUnix }: Endpoint): void {
  assert(address !== '', 'no address');
  if (isUnix || !isHostPort(address)) return;
  // As the connection makes it of the address.
  const url = new URL(`http://${address}`);
  const port = Number(url.port === '' ? 80 : url.port);
  assert(port === Number(/:(\d+)$/u.exec(address)?.[1]), () => `port ${port} of ${url.host}`);
  const parts = [url.username, url.password, url.search, url.hash].join('');
  assert(parts === '' && url.pathname === '/', () => `more than an address: ${url.href}`);
  assert(hostOf(address) !== '', 'no host');
}
