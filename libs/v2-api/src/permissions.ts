/** What a role may do with keys; a list may be null, as Go's nil slices are. */
export interface RwPermission {
  readonly read: readonly string[] | null;
  readonly write: readonly string[] | null;
}

export interface Role {
  readonly role: string;
  readonly kv: RwPermission;
  /** Of a request: what is added and taken away. Empty ones are kept, as etcd keeps them. */
  readonly grant?: RwPermission;
  readonly revoke?: RwPermission;
}

export interface KeyAccess {
  /** As in the URL after /v2/keys, with a slash at the end if it has one there. */
  readonly key: string;
  readonly writes: boolean;
  readonly recursive: boolean;
}

export const ROOT = 'root';
export const GUEST = 'guest';
const EVERYTHING = ['/*'];
export const ROOT_ROLE: Role = { role: ROOT, kv: { read: EVERYTHING, write: EVERYTHING } };
/** What the role of those without a name gets when users are first enabled. */
export const GUEST_ROLE: Role = { role: GUEST, kv: { read: EVERYTHING, write: EVERYTHING } };

export function permits(role: Role, access: KeyAccess): boolean {
  if (role.role === ROOT) return true;
  const patterns = (access.writes ? role.kv.write : role.kv.read) ?? [];
  return patterns.some((pattern) => matches(pattern, access));
}

/** A star at the end stands for anything; only such a pattern covers what is below a key. */
function matches(pattern: string, { key, recursive }: KeyAccess): boolean {
  if (pattern.endsWith('*')) return key.startsWith(pattern.slice(0, -1));
  return !recursive && pattern === key;
}

export type Merge<T> =
  | { readonly kind: 'merged'; readonly value: T }
  | { readonly kind: 'duplicate'; readonly what: string };

/** Adds, then takes away; what was not there cannot be taken away and is no error. */
export function mergePermissions(
  kv: RwPermission,
  grant: RwPermission | undefined,
  revoke: RwPermission | undefined,
): Merge<RwPermission> {
  let { read, write } = kv;
  if (grant !== undefined) {
    for (const [name, current, added] of [
      ['read', read, grant.read],
      ['write', write, grant.write],
    ] as const) {
      const twice = (added ?? []).find(
        (pattern, at) => current?.includes(pattern) === true || (added ?? []).indexOf(pattern) < at,
      );
      if (twice !== undefined) return { kind: 'duplicate', what: `${name} permission ${twice}` };
    }
    read = sortedSet([...(read ?? []), ...(grant.read ?? [])]);
    write = sortedSet([...(write ?? []), ...(grant.write ?? [])]);
  }
  if (revoke !== undefined) {
    read = sortedSet((read ?? []).filter((pattern) => revoke.read?.includes(pattern) !== true));
    write = sortedSet((write ?? []).filter((pattern) => revoke.write?.includes(pattern) !== true));
  }
  return { kind: 'merged', value: { read, write } };
}

export function sortedSet(items: readonly string[]): string[] {
  return [...new Set(items)].sort();
}
