/** Does `work` for 0 to `count` - 1, so many at a time; rejects with the first failure. */
export async function inParallel(
  count: number,
  workers: number,
  work: (i: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    Array.from({ length: workers }, async () => {
      for (let i = next++; i < count; i = next++) await work(i);
    }),
  );
}
