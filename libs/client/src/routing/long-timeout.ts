import { withLongDelays } from '@etcd-ts/foundation';

/** As setTimeout, for delays of any length. Returns what clears it. */
export const longTimeout = withLongDelays((delayMs, callback) => {
  const timer = setTimeout(callback, delayMs);
  return () => clearTimeout(timer);
});
