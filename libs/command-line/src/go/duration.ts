/** A map: an object would have `constructor` for a unit, too. */
const NANOSECONDS: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['µs', 1e3],
  ['μs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
]);
const PART = /^(\d*\.?\d*)([^\d.]*)/u;

export type DurationOutcome =
  | { readonly kind: 'ok'; readonly milliseconds: number }
  | { readonly kind: 'error'; readonly message: string };

/** `1m30s`, `500ms`: as Go's time.ParseDuration, with its words. */
export function parseDuration(text: string): DurationOutcome {
  const invalid = {
    kind: 'error',
    message: `time: invalid duration ${JSON.stringify(text)}`,
  } as const;
  const sign = text.startsWith('-') ? -1 : 1;
  let rest = text.replace(/^[+-]/u, '');
  if (rest === '0') return { kind: 'ok', milliseconds: 0 };
  if (rest === '') return invalid;
  let total = 0;
  while (rest !== '') {
    const [all = '', amount = '', unit = ''] = PART.exec(rest) ?? [];
    if (amount === '' || amount === '.') return invalid;
    if (unit === '') {
      return { kind: 'error', message: `time: missing unit in duration ${JSON.stringify(text)}` };
    }
    const scale = NANOSECONDS.get(unit);
    if (scale === undefined) {
      const message = `time: unknown unit ${JSON.stringify(unit)} in duration ${JSON.stringify(text)}`;
      return { kind: 'error', message };
    }
    total += Number(amount) * scale;
    rest = rest.slice(all.length);
  }
  if (total > Number.MAX_SAFE_INTEGER * 1024) return invalid;
  return { kind: 'ok', milliseconds: (sign * total) / 1e6 };
}

/** As Go prints one: `1m30s`, `2.5ms`, `0s`. */
export function formatDuration(milliseconds: number): string {
  const nanoseconds = Math.round(milliseconds * 1e6);
  if (nanoseconds === 0) return '0s';
  if (nanoseconds < 1e3) return `${nanoseconds}ns`;
  if (nanoseconds < 1e6) return `${decimal(nanoseconds, 3)}µs`;
  if (nanoseconds < 1e9) return `${decimal(nanoseconds, 6)}ms`;
  const minutes = Math.floor(nanoseconds / 60e9);
  const seconds = `${decimal(nanoseconds % 60e9, 9)}s`;
  if (minutes === 0) return seconds;
  if (minutes < 60) return `${minutes}m${seconds}`;
  return `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`;
}

/** Integer arithmetic on the digits: a double's own printing would round differently. */
function decimal(value: number, places: number): string {
  const digits = String(value).padStart(places + 1, '0');
  const fraction = digits.slice(-places).replace(/0+$/u, '');
  const whole = digits.slice(0, -places);
  return fraction === '' ? whole : `${whole}.${fraction}`;
}
