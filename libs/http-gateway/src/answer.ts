/** What one request is answered with; the body of an answer to HEAD is left out by the listener. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

const TEXT = 'text/plain; charset=utf-8';

export function text(body: string): Answer {
  return { status: 200, headers: { 'Content-Type': TEXT }, body };
}

export function json(body: string): Answer {
  return { status: 200, headers: { 'Content-Type': 'application/json' }, body };
}

export function protobuf(body: Uint8Array): Answer {
  return { status: 200, headers: { 'Content-Type': 'application/protobuf' }, body };
}

/** As Go's http.Error: plain text that no browser may take for anything else, a line feed after it. */
export function failure(
  status: number,
  message: string,
  headers: Readonly<Record<string, string>> = {},
): Answer {
  return {
    status,
    headers: { ...headers, 'Content-Type': TEXT, 'X-Content-Type-Options': 'nosniff' },
    body: `${message}\n`,
  };
}

export const notFound = (): Answer => failure(404, '404 page not found');

/** Go's answer to a path with empty, `.` or `..` segments. */
export function movedTo(location: string): Answer {
  return {
    status: 301,
    headers: { 'Content-Type': 'text/html; charset=utf-8', Location: location },
    body: `<a href="${escapeHtml(location)}">Moved Permanently</a>.\n\n`,
  };
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&#34;',
  "'": '&#39;',
};

const escapeHtml = (raw: string): string => raw.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? '');
