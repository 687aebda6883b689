/** authpb.User. A value: changes make another one. */
export interface User {
  readonly name: string;
  /** A bcrypt hash, as text; empty: nobody can log in with a password. */
  readonly passwordHash: Uint8Array;
  /** In byte order of the names, without duplicates. */
  readonly roles: readonly string[];
  /** Known by certificate only. Undefined in users from before etcd 3.4: they have a password. */
  readonly noPassword: boolean | undefined;
}

/** Who sent a request, and as of which state of the auth store that was found out. */
export interface AuthInfo {
  readonly username: string;
  /** 0: nobody in particular. */
  readonly revision: number;
}

/** A request without credentials. */
export const NOBODY: AuthInfo = Object.freeze({ username: '', revision: 0 });

export const ROOT_USER = 'root';
export const ROOT_ROLE = 'root';

export function hasRootRole(user: User): boolean {
  return user.roles.includes(ROOT_ROLE);
}
