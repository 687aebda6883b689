/**
 * Paths as Go's path.Clean leaves them: absolute, no empty, `.` or `..` segments, no slash at the
 * end but the root's.
 */
export function cleanPath(path: string): string {
  if (isClean(path)) return path;
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') kept.pop();
    else kept.push(segment);
  }
  return `/${kept.join('/')}`;
}

const UNCLEAN = /\/(?:\/|\.\.?(?:\/|$))/u;

function isClean(path: string): boolean {
  if (!path.startsWith('/')) return false;
  return path.length === 1 || (!path.endsWith('/') && !UNCLEAN.test(path));
}

/** The segments of a clean path; none for the root. */
export function segmentsOf(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/');
}

export function childPath(parent: string, name: string): string {
  return parent === '/' ? `/${name}` : `${parent}/${name}`;
}

/** Whether a watcher of `watched` does not see `key` because a part below it begins with `_`. */
export function isHiddenBelow(watched: string, key: string): boolean {
  // A key above the watched path is a directory that took it along: never hidden.
  if (watched.length > key.length) return false;
  return key.includes('/_', watched === '/' ? 0 : watched.length);
}

export function isHiddenName(name: string): boolean {
  return name.startsWith('_');
}

/**
 * The order of the keys' bytes in UTF-8, in which etcd sorts. UTF-16 agrees but for surrogates,
 * which stand for what is above every other character.
 */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left !== right) return aboveOthers(left) - aboveOthers(right) || left - right;
  }
  return a.length - b.length;
}

function aboveOthers(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? 1 : 0;
}
