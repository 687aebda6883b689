import { withLongDelays } from '@etcd-ts/foundation';

/** As setTimeout, for delays of any length; a moment that is over is now. Returns what clears it. */
export const longTimeout = withLongDelays((delayMs, callback) => {
  const timer = setTimeout(callback, Math.max(0, delayMs));
  return () => clearTimeout(timer);
});
