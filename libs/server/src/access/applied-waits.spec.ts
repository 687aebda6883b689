import { AppliedWaits, MAX_ENTRIES_AHEAD, MAX_WAITS } from './applied-waits.js';

function openWaits() {
  const world = { nowMs: 0, applied: 10 };
  const clock = { monotonicMs: () => world.nowMs, wallMs: () => world.nowMs };
  const waits = new AppliedWaits(clock, 7_000, () => world.applied);
  return { world, waits };
}

describe('waiting for an entry to be applied here', () => {
  it('is no wait for what has been applied', () => {
    expect(openWaits().waits.wait(10)).toBe(true);
  });

  it('ends when the entry is applied, and not before', async () => {
    const { waits } = openWaits();
    const settled: string[] = [];
    const wait = (index: number): void => {
      void Promise.resolve(waits.wait(index)).then((ok) => settled.push(`${index} ${ok}`));
    };
    wait(11);
    wait(13);
    waits.release(12);
    await Promise.resolve();
    expect(settled).toEqual(['11 true']);
    waits.release(13);
    await Promise.resolve();
    expect(settled).toEqual(['11 true', '13 true']);
  });

  it('ends without it after the time of a request, and when the member stops', async () => {
    const { world, waits } = openWaits();
    const first = waits.wait(11);
    world.nowMs = 6_999;
    waits.expire();
    const second = waits.wait(11);
    world.nowMs = 7_000;
    waits.expire();
    expect(await first).toBe(false);
    waits.failAll();
    expect(await second).toBe(false);
  });

  it('is refused for an entry that no member can have, and beyond a thousand at a time', async () => {
    const { waits } = openWaits();
    expect(await waits.wait(10 + MAX_ENTRIES_AHEAD + 1)).toBe(false);
    const pending = Array.from({ length: MAX_WAITS }, () => waits.wait(11));
    expect(await waits.wait(11)).toBe(false);
    waits.release(11);
    expect(await Promise.all(pending)).not.toContain(false);
  });
});
