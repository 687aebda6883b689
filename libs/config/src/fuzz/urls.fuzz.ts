import { assert, SeededRng } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { mutateText, pick } from '@etcd-ts/fuzzing';
import { parseEndpointUrl, parseEndpointUrls } from '../endpoint-url.js';
import type { EndpointUrl } from '../endpoint-url.js';
import { isIpAddress } from '../ip-address.js';

const CASES = 200;
const URLS = [
  'http://127.0.0.1:2379',
  'https://[::1]:2380',
  'http://[fe80::1%25eth0]:1',
  'unix:///var/run/etcd.sock',
  'unixs://a:b',
  'unix:path',
  'http://:0',
  'https://example.com:65535',
  'http://user:pass@h:1',
  'HTTP://a_b.c:00080',
];

/** Addresses: what is accepted is accepted again in the form it is shown in, and means the same. */
export function round(seed: number): number {
  const rng = new SeededRng(seed);
  for (let i = 0; i < CASES; i++) {
    const text = mutateText(rng, pick(rng, URLS));
    try {
      checkUrl(text);
      checkList(rng, text);
    } catch (error) {
      throw new Error(JSON.stringify(text), { cause: error });
    }
  }
  return CASES;
}

function checkUrl(text: string): void {
  const outcome = parseEndpointUrl(text);
  if (outcome.kind === 'error') {
    assert(outcome.message !== '', 'refused without a word');
    return;
  }
  const { value } = outcome;
  assert(Number.isInteger(value.port) && value.port >= 0 && value.port <= 65_535, 'no port');
  const isUnix = value.scheme === 'unix' || value.scheme === 'unixs';
  assert(isUnix || value.socketPath === '', 'a path without a socket');
  assert(!isUnix || (value.hostname === '' && value.port === 0), 'a socket with a host');
  const again = parseEndpointUrl(value.text);
  assert(again.kind === 'ok', `is not accepted as it is shown: ${value.text}`);
  assert(isSame(value, again.value), `means something else as it is shown: ${value.text}`);
  // What is an address here must be one to the system, or listening fails with its words.
  if (isIpAddress(value.hostname)) assert(/^[\d.:a-f]+$/iu.test(value.hostname), 'no address');
}

const isSame = (a: EndpointUrl, b: EndpointUrl): boolean =>
  a.text === b.text &&
  a.scheme === b.scheme &&
  a.hostname === b.hostname &&
  a.port === b.port &&
  a.socketPath === b.socketPath;

function checkList(rng: Rng, text: string): void {
  const outcome = parseEndpointUrls([text, pick(rng, URLS), text].join(pick(rng, [',', ' , '])));
  if (outcome.kind === 'error') return;
  const texts = outcome.value.map((url) => url.text);
  assert(new Set(texts).size === texts.length, 'one address twice');
}
