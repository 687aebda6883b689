import type { Question } from './question.js';

/** How many permissions each role has, by the questions that were answered with OK. */
export class GrantedPermissions {
  readonly #ofRole = new Map<string, Set<string>>();

  of(role: string): number {
    return this.#ofRole.get(role)?.size ?? 0;
  }

  executed({ call, request }: Question): void {
    switch (call) {
      case 'roleGrantPermission':
        if (request.perm !== undefined) this.#rangesOf(request.name).add(rangeName(request.perm));
        return;
      case 'roleRevokePermission':
        this.#rangesOf(request.role).delete(rangeName(request));
        return;
      case 'roleDelete':
        this.#ofRole.delete(request.role);
        return;
      default:
    }
  }

  #rangesOf(role: string): Set<string> {
    const ranges = this.#ofRole.get(role) ?? new Set();
    this.#ofRole.set(role, ranges);
    return ranges;
  }
}

function rangeName({ key, rangeEnd }: { readonly key: Buffer; readonly rangeEnd: Buffer }): string {
  return `${key.toString('hex')} ${rangeEnd.toString('hex')}`;
}
