/** The oldest cluster this member can talk to, as etcd 3.x says of itself. */
export const MIN_CLUSTER_VERSION = '3.0.0';
/** What a peer is that does not say its version. */
export const UNNAMED_VERSION = '2.0.0';

interface MajorMinor {
  readonly major: number;
  readonly minor: number;
}

/** Undefined for what is no semantic version. */
export function parseVersion(text: string): MajorMinor | undefined {
  const match = /^(\d{1,9})\.(\d{1,9})\.\d{1,9}(?:[-+][0-9A-Za-z.+-]*)?$/.exec(text);
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) };
}

/** Negative if `a` is older; patch releases do not count. */
export function compareVersions(a: MajorMinor, b: MajorMinor): number {
  return a.major - b.major || a.minor - b.minor;
}
