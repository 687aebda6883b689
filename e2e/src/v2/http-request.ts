import { request, type Agent } from 'node:http';

/** One request, byte for byte what both servers get. */
export interface HttpRequest {
  readonly method: string;
  /** With the query, percent escapes and all. */
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Of no answer of either server to the requests of a history; a hang is a difference as well. */
const ANSWER_TIMEOUT_MS = 60_000;

/**
 * `cancel` ends a request that waits for a change; its answer is what has come by then. `begun` is
 * called when the header of the answer is here: from then on the server watches for such a request.
 */
export function ask(
  endpoint: string,
  { method, target, headers, body }: HttpRequest,
  agent: Agent | false,
  cancel?: AbortSignal,
  begun?: () => void,
): Promise<HttpAnswer> {
  const [host, port] = endpoint.split(':');
  return new Promise((resolve, reject) => {
    const length = body === '' ? {} : { 'Content-Length': Buffer.byteLength(body) };
    const options = { host, port, method, path: target, agent, headers: { ...headers, ...length } };
    const sent = request(options, (response) => {
      begun?.();
      let received = '';
      const answer = (): void => {
        const status = response.statusCode ?? 0;
        resolve({ status, headers: flat(response.headers), body: received });
      };
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (received += chunk));
      response.on('end', answer);
      response.on('error', answer);
      const stop = (): void => {
        answer();
        sent.destroy();
      };
      cancel?.addEventListener('abort', stop);
      response.on('close', () => cancel?.removeEventListener('abort', stop));
    });
    if (cancel === undefined) {
      sent.setTimeout(ANSWER_TIMEOUT_MS, () =>
        sent.destroy(new Error(`${method} ${target} timed out`)),
      );
    }
    sent.on('error', (error) =>
      reject(new Error(`${endpoint} ${method} ${target}: ${error.message}`)),
    );
    sent.end(body);
  });
}

function flat(headers: NodeJS.Dict<string | string[]>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
