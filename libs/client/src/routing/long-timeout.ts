/** setTimeout and setInterval take 31 bits of milliseconds, 24.8 days; what is longer fires at once. */
export const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** As setTimeout, for delays of any length. Returns what clears it. */
export function longTimeout(callback: () => void, delayMs: number): () => void {
  let timer: NodeJS.Timeout;
  const arm = (leftMs: number): void => {
    const stepMs = Math.min(Math.max(0, leftMs), LONGEST_TIMEOUT_MS);
    timer = setTimeout(() => (leftMs > stepMs ? arm(leftMs - stepMs) : callback()), stepMs);
  };
  arm(delayMs);
  return () => clearTimeout(timer);
}
