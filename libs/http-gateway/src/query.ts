/**
 * A request's target as Go's server sees it: the decoded path and the query. A target that is not
 * well formed (a broken escape, no leading slash) is undefined.
 */
export interface Target {
  /** Percent escapes decoded. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** As it came, with the question mark; empty without a query. */
  readonly rawQuery: string;
}

export function parseTarget(raw: string): Target | undefined {
  // Absolute form, as a proxy sends it: only what comes after the authority counts.
  const relative = raw.replace(/^https?:\/\/[^/?]*/i, '') || '/';
  const mark = relative.indexOf('?');
  const rawPath = mark === -1 ? relative : relative.slice(0, mark);
  const rawQuery = mark === -1 ? '' : relative.slice(mark);
  if (!rawPath.startsWith('/')) return undefined;
  try {
    const path = decodeURIComponent(rawPath);
    return { path, rawQuery, query: new URLSearchParams(rawQuery) };
  } catch {
    return undefined;
  }
}

/** The path without empty, `.` and `..` segments; a slash at the end stays. */
export function cleanPath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') kept.pop();
    else kept.push(segment);
  }
  const slash = path.endsWith('/') && kept.length > 0 ? '/' : '';
  return `/${kept.join('/')}${slash}`;
}
