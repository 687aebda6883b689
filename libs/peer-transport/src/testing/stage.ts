import { until } from './real-time.js';
import { CuttableProxy } from './cuttable-proxy.js';
import type { MemberSetup } from './test-member.js';
import { TestMember } from './test-member.js';

export const cleanups: (() => Promise<unknown>)[] = [];

/** Ends after each test what it has started, last first. */
export function endWithEachTest(): void {
  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });
}

export async function start(setup: MemberSetup): Promise<TestMember> {
  const member = await TestMember.start(setup);
  cleanups.push(() => member.stop());
  return member;
}

export async function proxyTo(member: TestMember): Promise<CuttableProxy> {
  const proxy = await CuttableProxy.start(member.url);
  cleanups.push(() => proxy.stop());
  return proxy;
}

export const established = (member: TestMember): number =>
  member.log.lines.filter((line) => line.includes('established')).length;

/** Two members, each of which reaches the other only through a proxy. */
export async function wired(setup: Partial<MemberSetup> = {}) {
  const [a, b] = [await start({ ...setup, id: 1n }), await start({ ...setup, id: 2n })];
  const [toA, toB] = [await proxyTo(a), await proxyTo(b)];
  a.transport.addPeer(b.id, [toB.url]);
  b.transport.addPeer(a.id, [toA.url]);
  await until('all streams stand', () => established(a) === 4 && established(b) === 4);
  return { a, b, toA, toB };
}
