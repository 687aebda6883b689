import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { FAILPOINT_NAMES, isFailpoint } from '@etcd-ts/failpoint';
import type { FailpointRegistry } from '@etcd-ts/failpoint';

/** Terms are a line of text; whoever sends more sends something else. */
const MAX_TERMS_BYTES = 64 * 1024;
/** Sets several points at once, as in newer versions of gofail. */
const SEVERAL = 'failpoints';

/**
 * gofail's control interface: PUT, GET and DELETE of /NAME, GET of / for all of them, GET of
 * /NAME/count for how often its terms have acted, PUT of /failpoints for several at once.
 */
export function serveFailpoints(registry: FailpointRegistry): Server {
  return createServer((request, response) => {
    void answer(registry, request, response);
  });
}

async function answer(
  registry: FailpointRegistry,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const name = (request.url ?? '/').slice(1);
  const end = (status: number, body = ''): void => {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(body);
  };
  switch (request.method) {
    case 'PUT': {
      const terms = await bodyOf(request);
      const isSet =
        terms !== undefined &&
        (name === SEVERAL ? registry.setAll(terms) : registry.set(name, terms)) === 'ok';
      if (isSet) end(204);
      else end(400, `failed to set failpoint ${name}\n`);
      return;
    }
    case 'GET':
      return name === '' ? end(200, list(registry)) : get(registry, name, end);
    case 'DELETE':
      if (registry.unset(name)) end(204);
      else end(400, `failed to delete failpoint ${reasonFor(name)}\n`);
      return;
    default:
      response.setHeader('Allow', 'DELETE, GET, PUT');
      end(405, 'Method not allowed\n');
  }
}

function get(
  registry: FailpointRegistry,
  path: string,
  end: (status: number, body: string) => void,
): void {
  const name = path.replace(/\/count$/u, '');
  const status = registry.status(name);
  if (status === undefined) return end(404, `failed to GET: ${reasonFor(name)}\n`);
  end(200, `${path === name ? status.terms : status.executions}\n`);
}

function list(registry: FailpointRegistry): string {
  return [...FAILPOINT_NAMES]
    .sort()
    .map((name) => `${name}=${registry.status(name)?.terms ?? ''}\n`)
    .join('');
}

function reasonFor(name: string): string {
  return isFailpoint(name)
    ? 'failpoint: failpoint is disabled'
    : 'failpoint: failpoint does not exist';
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length > MAX_TERMS_BYTES) return undefined;
  }
  return text;
}
