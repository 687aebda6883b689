/** What one request is answered with; to HEAD without the body. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const TEXT = 'text/plain; charset=utf-8';
export const JSON_TYPE = { 'Content-Type': 'application/json' } as const;

export function json(status: number, body: string, headers: Reply['headers'] = {}): Reply {
  return { status, headers: { ...JSON_TYPE, ...headers }, body };
}

/** As Go's http.Error. */
export function plainFailure(
  status: number,
  message: string,
  headers: Reply['headers'] = {},
): Reply {
  return {
    status,
    headers: { ...headers, 'Content-Type': TEXT, 'X-Content-Type-Options': 'nosniff' },
    body: `${message}\n`,
  };
}

export const notFound = (): Reply => plainFailure(404, '404 page not found');

export function methodNotAllowed(allowed: readonly string[]): Reply {
  return plainFailure(405, 'Method Not Allowed', { Allow: allowed.join(',') });
}

export function plainText(body: string): Reply {
  return { status: 200, headers: { 'Content-Type': TEXT }, body };
}

/** Go's answer to a request whose target is none. */
export const badTarget = (): Reply => ({
  status: 400,
  headers: { 'Content-Type': TEXT, Connection: 'close' },
  body: '400 Bad Request',
});
