import type { ServiceLookup } from '@etcd-ts/bootstrap';
import { LookupCache } from './lookup-cache.js';

const lookup = (ttlSeconds: number): ServiceLookup => ({
  name: '_etcd-server._tcp.x',
  role: 'server',
  scheme: 'http',
  status: 'missing',
  reason: 'no such host',
  endpoints: [],
  ttlSeconds,
});

let nowMs: number;
let asked: string[];
let answer: () => Promise<readonly ServiceLookup[]>;
let cache: LookupCache;
beforeEach(() => {
  nowMs = 1000;
  asked = [];
  answer = () => Promise.resolve([lookup(60), lookup(10)]);
  cache = new LookupCache({
    lookUp: (domain, suffix) => {
      asked.push(`${domain}/${suffix}`);
      return answer();
    },
    maxTtlMs: 30_000,
    clock: { monotonicMs: () => nowMs, wallMs: () => 0 },
  });
});

describe('what was looked up', () => {
  it('is good for the shortest life in it, and tells what is left of that', async () => {
    expect(await cache.get('x', '')).toMatchObject({ ttlSeconds: 10, wasCached: false });
    nowMs += 9500;
    expect(await cache.get('x', '')).toMatchObject({ ttlSeconds: 0, wasCached: true });
    nowMs += 501;
    expect(await cache.get('x', '')).toMatchObject({ ttlSeconds: 10, wasCached: false });
    expect(asked).toEqual(['x/', 'x/']);
  });

  it('is never good for longer than it may be', async () => {
    answer = () => Promise.resolve([lookup(1000)]);
    expect(await cache.get('x', '')).toMatchObject({ ttlSeconds: 30 });
  });

  it('is asked for once for all who ask at a time', async () => {
    await Promise.all([cache.get('x', ''), cache.get('x', ''), cache.get('x', 'a')]);
    expect(asked).toEqual(['x/', 'x/a']);
  });

  it('is forgotten when it is the longest unused of too many', async () => {
    for (let i = 0; i < 1000; i++) await cache.get(`x${i}`, '');
    await cache.get('x0', '');
    await cache.get('one-more', '');
    expect(cache.size).toBe(1000);
    asked = [];
    await cache.get('x0', '');
    await cache.get('x1', '');
    expect(asked).toEqual(['x1/']);
  });
});

it('too many questions at a time are refused, and the first ones answered all the same', async () => {
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  answer = () => held.then(() => [lookup(5)]);
  const waiting = Array.from({ length: 100 }, (_, i) => cache.get(`x${i}`, ''));
  expect(await cache.get('late', '')).toBeUndefined();
  release();
  expect((await Promise.all(waiting)).every((found) => found !== undefined)).toBe(true);
  expect(await cache.get('late', '')).toBeDefined();
});

it('a failure is told to who asked, and not kept', async () => {
  answer = () => Promise.reject(new Error('broken'));
  await expect(cache.get('x', '')).rejects.toThrow('broken');
  answer = () => Promise.resolve([lookup(5)]);
  expect(await cache.get('x', '')).toMatchObject({ wasCached: false });
});
