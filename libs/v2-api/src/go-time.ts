const SECOND_NS = 1_000_000_000n;
const MINUTE_NS = 60n * SECOND_NS;
const HOUR_NS = 60n * MINUTE_NS;

/** RFC 3339 in UTC with as many digits of a second as are not zero. */
export function rfc3339(timeNs: bigint): string {
  const fraction = ((timeNs % SECOND_NS) + SECOND_NS) % SECOND_NS;
  const seconds = (timeNs - fraction) / SECOND_NS;
  const date = new Date(Number(seconds) * 1000).toISOString().slice(0, 19);
  return `${date}${decimals(fraction)}Z`;
}

/** Such as "20m57.825618976s": how Go prints a duration of a second and more, or zero. */
export function goDuration(durationNs: bigint): string {
  if (durationNs < SECOND_NS) return subSecond(durationNs);
  const hours = durationNs / HOUR_NS;
  const minutes = (durationNs % HOUR_NS) / MINUTE_NS;
  const rest = durationNs % MINUTE_NS;
  const seconds = `${rest / SECOND_NS}${decimals(rest % SECOND_NS)}s`;
  if (hours > 0n) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0n ? `${minutes}m${seconds}` : seconds;
}

function subSecond(durationNs: bigint): string {
  if (durationNs <= 0n) return '0s';
  if (durationNs < 1000n) return `${durationNs}ns`;
  const [unit, size] = durationNs < 1_000_000n ? ['µs', 1000n] : ['ms', 1_000_000n];
  const digits = String(size).length - 1;
  const fraction = String(durationNs % size)
    .padStart(digits, '0')
    .replace(/0+$/u, '');
  return `${durationNs / size}${fraction === '' ? '' : `.${fraction}`}${unit}`;
}

function decimals(fractionNs: bigint): string {
  if (fractionNs === 0n) return '';
  return `.${String(fractionNs).padStart(9, '0').replace(/0+$/u, '')}`;
}
