import type { Request } from 'express';

/** Fields of the query and of a form body alike, as the v2 API takes them; the body wins. */
export function parameter(request: Request, name: string): string | undefined {
  const body: unknown = request.body;
  for (const source of [body, request.query]) {
    const value: unknown = isRecord(source) ? source[name] : undefined;
    if (typeof value === 'string') return value;
    // Given twice, the first counts, as in Go.
    if (Array.isArray(value) && typeof value[0] === 'string') return value[0];
  }
  return undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

export type WaitParameters =
  | { readonly kind: 'read' }
  /** `waitIndex` 0: from now on. */
  | { readonly kind: 'wait'; readonly waitIndex: number }
  | { readonly kind: 'invalid'; readonly field: 'flag' | 'index'; readonly cause: string };

const FLAGS = ['wait', 'recursive', 'sorted', 'quorum', 'stream'] as const;

export function waitParameters(request: Request): WaitParameters {
  for (const name of FLAGS) {
    const value = parameter(request, name);
    if (value !== undefined && value !== 'true' && value !== 'false') {
      return { kind: 'invalid', field: 'flag', cause: `invalid value for "${name}"` };
    }
  }
  if (parameter(request, 'stream') === 'true') {
    return { kind: 'invalid', field: 'flag', cause: '"stream" is not supported here' };
  }
  const index = parameter(request, 'waitIndex') ?? '0';
  const waitIndex = Number(index);
  if (!/^\d+$/u.test(index) || !Number.isSafeInteger(waitIndex)) {
    return { kind: 'invalid', field: 'index', cause: 'invalid value for "waitIndex"' };
  }
  return parameter(request, 'wait') === 'true' ? { kind: 'wait', waitIndex } : { kind: 'read' };
}
