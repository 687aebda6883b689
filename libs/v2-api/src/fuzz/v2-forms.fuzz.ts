import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { assert, must, SeededRng, SILENT_LOGGER } from '@etcd-ts/foundation';
import type { Rng } from '@etcd-ts/foundation';
import { anyText, mutateJson, mutateText, ODD_WORDS, pick } from '@etcd-ts/fuzzing';
import { converse, repliesIn } from '@etcd-ts/memory-http';
import type { MemoryReply } from '@etcd-ts/memory-http';
import { MemoryServer, PLAIN_PASSWORDS } from '../testing/memory-server.js';
import { V2Face } from '../v2-face.js';
import { checkReply } from './v2-reply-check.js';

const REQUESTS = 40;
/** Each is dear. */
export const shareCases = 600;
const NOW_NS = 1_700_000_000_000_000_000n;

const METHODS = ['GET', 'PUT', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH', 'OPTIONS'];
const KEYS = [
  '/a',
  '/a/b',
  '/a/_hidden',
  '/d/',
  '/',
  '',
  '/%e4%b8%ad',
  '/x%2Fy',
  '/a b',
  '/__proto__',
];
const PAGES = [
  '/v2/members',
  '/v2/members/leader',
  '/v2/members/8e9e05c52164694d',
  '/v2/machines',
  '/v2/stats/self',
  '/v2/stats/store',
  '/v2/stats/leader',
  '/v2/auth/enable',
  '/v2/auth/users',
  '/v2/auth/users/root',
  '/v2/auth/roles/guest',
  '/v2',
];
const FIELDS = [
  ...['value=v', 'value=%00%ff+', 'ttl=5', 'ttl=', 'ttl=9223372036', 'dir=true', 'prevValue=v'],
  ...['prevIndex=4', 'prevIndex=18446744073709551615', 'prevExist=false', 'prevExist=t', 'wait=1'],
  ...['waitIndex=1', 'waitIndex=99999999', 'recursive=true', 'sorted=true', 'quorum=true'],
  ...['stream=true', 'refresh=true', 'noValueOnSuccess=true', 'value', '=', 'a;b', '%zz=1'],
];
const BODIES: readonly unknown[] = [
  { peerURLs: ['http://10.0.0.1:2380'] },
  { user: 'root', password: 'secret', roles: ['root'], grant: ['guest'], revoke: null },
  { role: 'guest', permissions: { kv: { read: ['/*'], write: null } }, grant: { kv: {} } },
];
const TYPES = ['application/x-www-form-urlencoded', 'application/json', 'text/plain; a="b"', ''];

/** One member asked by clients of all sorts, one after the other. */
export async function round(seed: number): Promise<number> {
  const rng = new SeededRng(seed);
  const { http, server } = served();
  for (let i = 0; i < REQUESTS; i++) {
    const { method, target, bytes } = request(rng);
    try {
      const before = server.store.index;
      const { reply, ended } = await ask(http, method, bytes);
      assert(ended || isPoll(target, bytes), 'no end, and nothing is waited for');
      if (reply === undefined) assert(!ended || bytes.includes('\0'), 'no answer');
      else checkReply(method, target, reply, { before, after: server.store.index });
    } catch (error) {
      throw new Error(`request ${i}: ${JSON.stringify(bytes).slice(0, 700)}`, { cause: error });
    }
    if (rng.below(10) === 0) await expire(server);
  }
  return REQUESTS;
}

function served(): { readonly http: Server; readonly server: MemoryServer } {
  let nowNs = NOW_NS;
  const server = new MemoryServer(() => (nowNs += 500_000_000n));
  const face = new V2Face({
    server,
    passwords: PLAIN_PASSWORDS,
    // What the face calls an error is one of its own.
    logger: {
      ...SILENT_LOGGER,
      error: (message, fields) => {
        throw must(undefined, () => `${message} ${String(fields?.['error'])}`);
      },
    },
    certificateUser: () => undefined,
    stopping: new AbortController().signal,
  });
  return { http: createServer((request, response) => face.handle(request, response)), server };
}

async function expire(server: MemoryServer): Promise<void> {
  server.sync();
  // What it proposed is applied in a turn of its own.
  await new Promise<void>((resolve) => void setImmediate(resolve));
}

async function ask(
  http: Server,
  method: string,
  bytes: string,
): Promise<{ readonly reply: MemoryReply | undefined; readonly ended: boolean }> {
  const said = await converse(http, Buffer.from(bytes, 'latin1'));
  const [reply, ...more] = repliesIn(said.bytes, () => method === 'HEAD');
  assert(more.length === 0, 'two answers to one request');
  return { reply, ended: said.ended };
}

/** Whether it may have asked to wait for a change. */
const isPoll = (target: string, bytes: string): boolean =>
  target.includes('wait') || bytes.includes('wait');

function request(rng: Rng): { method: string; target: string; bytes: string } {
  const method = pick(rng, METHODS);
  const form = fields(rng);
  const query = rng.below(2) === 0 ? form : '';
  const target = targetOf(rng, query);
  const isForm = method === 'PUT' || method === 'POST';
  const body = isForm ? bodyOf(rng, form) : '';
  const lines = [`${method} ${target} HTTP/1.1`, 'Host: a', 'Connection: close'];
  if (body !== '') lines.push(`Content-Length: ${body.length}`);
  const type = rng.below(10) === 0 ? mutateText(rng, pick(rng, TYPES)) : typeFor(rng, body);
  if (type !== '') lines.push(`Content-Type: ${header(type)}`);
  if (rng.below(4) === 0) lines.push(`Authorization: ${header(credentials(rng))}`);
  return { method, target, bytes: `${lines.join('\r\n')}\r\n\r\n${body}` };
}

const typeFor = (rng: Rng, body: string): string =>
  rng.below(12) === 0 ? pick(rng, TYPES) : (TYPES[body.startsWith('{') ? 1 : 0] ?? '');

function targetOf(rng: Rng, query: string): string {
  const path =
    rng.below(3) === 0
      ? (rng.below(2) === 0 ? pick(rng, PAGES) : pick(rng, PAGES).replace(/[^/]*$/u, '')) +
        (rng.below(3) === 0 ? pick(rng, ODD_WORDS) : '')
      : `/v2/keys${pick(rng, KEYS)}`;
  const text = rng.below(4) === 0 ? mutateText(rng, path, ['%2e%2e', '//', '/../', '%00']) : path;
  // A blank or a line feed would end the target, and make another request of the rest.
  const target = text.replaceAll(/[^!-~]/gu, (each) =>
    each < '\ud800' ? encodeURIComponent(each) : '%ff',
  );
  return `${target === '' ? '/v2' : target}${query === '' ? '' : `?${visible(query)}`}`;
}

const visible = (text: string): string => text.replaceAll(/[^!-~]/gu, '%E4');
const header = (text: string): string => text.replaceAll(/[^ -~\u00a0-\u00ff]/gu, '');

function fields(rng: Rng): string {
  const pairs = Array.from({ length: rng.below(5) }, () => pick(rng, FIELDS));
  if (rng.below(200) === 0) pairs.push('a=b&'.repeat(1_100));
  const text = pairs.join('&');
  return rng.below(4) === 0 ? mutateText(rng, text, [...FIELDS, ...ODD_WORDS]) : text;
}

function bodyOf(rng: Rng, form: string): string {
  if (rng.below(3) > 0) return Buffer.from(form).toString('latin1');
  const json = JSON.stringify(mutateJson(rng, pick(rng, BODIES)));
  return Buffer.from(rng.below(2) === 0 ? json : anyText(rng, json)).toString('latin1');
}

function credentials(rng: Rng): string {
  const pair = pick(rng, ['root:secret', 'root:', ':', 'nobody', '__proto__:x', 'é:ü']);
  const text = `Basic ${Buffer.from(pair).toString('base64')}`;
  return rng.below(3) === 0 ? mutateText(rng, text) : text;
}
