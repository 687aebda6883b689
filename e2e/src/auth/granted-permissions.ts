import type { Question, Verdict } from './question.js';

/**
 * How many permissions each role has at most, by the questions that were answered with OK: whether a
 * grant replaces one of the same keys depends on where that stands among the others.
 */
export class GrantedPermissions {
  readonly #ofRole = new Map<string, number>();

  of(role: string): number {
    return this.#ofRole.get(role) ?? 0;
  }

  executed({ call, request }: Question, { answer }: Verdict): void {
    switch (call) {
      case 'roleGrantPermission':
        this.#ofRole.set(request.name, this.of(request.name) + 1);
        return;
      case 'roleDelete':
        this.#ofRole.delete(request.role);
        return;
      case 'roleGet':
        this.#ofRole.set(request.role, (answer as { perm: readonly unknown[] }).perm.length);
        return;
      default:
    }
  }
}
