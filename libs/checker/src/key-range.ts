import type { KeyRange } from './operation.js';

export function isSingleKey({ rangeEnd }: KeyRange): boolean {
  return rangeEnd === undefined || rangeEnd === '';
}

export function inRange(key: string, range: KeyRange): boolean {
  if (isSingleKey(range)) return key === range.key;
  return key >= range.key && (range.rangeEnd === '\0' || key < (range.rangeEnd ?? ''));
}

export function describeRange(range: KeyRange): string {
  const { key, rangeEnd } = range;
  if (isSingleKey(range)) return JSON.stringify(key);
  return `[${JSON.stringify(key)}, ${rangeEnd === '\0' ? 'end' : JSON.stringify(rangeEnd)})`;
}
