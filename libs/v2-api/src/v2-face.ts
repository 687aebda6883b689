import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '@etcd-ts/foundation';
import type { V2Server } from '@etcd-ts/server';
import { send } from './exchange.js';
import type { Answer, Exchange } from './exchange.js';
import { Gatekeeper } from './gatekeeper.js';
import type { CertificateUser } from './gatekeeper.js';
import { KEYS_PREFIX, KeysFace } from './keys-face.js';
import { LongPolls } from './long-poll.js';
import { MEMBERS_PREFIX, MembersFace } from './members-face.js';
import { badTarget, methodNotAllowed, notFound, plainFailure, plainText } from './reply.js';
import type { Reply } from './reply.js';
import { BodyReader } from './request-body.js';
import { SECURITY_PREFIX, SecurityFace } from './security-face.js';
import { SecurityStore } from './security-store.js';
import { STATS_PREFIX, StatsFace } from './stats-face.js';
import { escapeHtml, parseTarget } from './target.js';
import type { Target } from './target.js';
import type { V2Passwords } from './v2-passwords.js';

const MACHINES = '/v2/machines';
const MACHINES_METHODS = ['GET', 'HEAD'];

export interface V2FaceParts {
  readonly server: V2Server;
  readonly passwords: V2Passwords;
  readonly logger: Logger;
  /** The common name of a verified client certificate, where that names a user. */
  readonly certificateUser: CertificateUser;
  /** Aborts when the node stops. */
  readonly stopping: AbortSignal;
}

/** What a client URL serves under /v2, over HTTP/1.1. */
export class V2Face {
  readonly #parts: V2FaceParts;
  readonly #bodies = new BodyReader();
  readonly #keys: KeysFace;
  readonly #members: MembersFace;
  readonly #stats: StatsFace;
  readonly #security: SecurityFace;

  constructor(parts: V2FaceParts) {
    const { server, passwords, certificateUser, stopping } = parts;
    const security = new SecurityStore(server, passwords);
    const gatekeeper = new Gatekeeper(security, certificateUser);
    this.#parts = parts;
    this.#keys = new KeysFace(server, gatekeeper, new LongPolls(server, stopping));
    this.#members = new MembersFace(server, gatekeeper);
    this.#stats = new StatsFace(server);
    this.#security = new SecurityFace(server, security, gatekeeper);
  }

  /** Whether a request is for `handle`, by its target as it came. */
  static claims(rawTarget: string): boolean {
    return /^(?:https?:\/\/[^/?]*)?\/v2(?:[/?]|$)/iu.test(rawTarget);
  }

  /** Answers a request, some time. Headers that are set on the response already are kept. */
  handle(request: IncomingMessage, response: ServerResponse): void {
    const target = parseTarget(request.url ?? '/');
    if (target === undefined) {
      response.writeHead(400, badTarget().headers).end(badTarget().body);
      return;
    }
    const method = request.method ?? 'GET';
    const exchange = { method, target, request, response, bodies: this.#bodies };
    this.#answer(exchange)
      .catch((error: unknown) => this.#failed(target, error))
      .then((answer) => answer && send(exchange, answer))
      .catch((error: unknown) => {
        this.#parts.logger.warn('v2 answer could not be sent', { error: String(error) });
        response.destroy();
      });
  }

  async #answer(exchange: Exchange): Promise<Answer> {
    const { path, cleanLocation } = exchange.target;
    if (cleanLocation !== undefined) return moved(exchange.method, cleanLocation);
    if (isUnder(path, KEYS_PREFIX)) return this.#keys.answer(exchange);
    if (isUnder(path, MEMBERS_PREFIX)) return this.#members.answer(exchange);
    if (path === MACHINES) return this.#machines(exchange.method);
    if (path.startsWith(STATS_PREFIX)) return this.#stats.answer(exchange);
    if (path.startsWith(SECURITY_PREFIX)) return this.#security.answer(exchange);
    return notFound();
  }

  #machines(method: string): Reply {
    if (!MACHINES_METHODS.includes(method)) return methodNotAllowed(MACHINES_METHODS);
    return plainText(
      this.#parts.server
        .members()
        .flatMap(({ clientUrls }) => clientUrls)
        .join(', '),
    );
  }

  #failed(target: Target, error: unknown): Reply {
    const reason = error instanceof Error ? error : String(error);
    this.#parts.logger.error('v2 request failed', { path: target.path, error: reason });
    return plainFailure(500, 'Internal Server Error');
  }
}

function isUnder(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

/** Go tells readers only where in words. */
function moved(method: string, location: string): Reply {
  const reads = method === 'GET' || method === 'HEAD';
  return {
    status: 301,
    headers: {
      ...(reads ? { 'Content-Type': 'text/html; charset=utf-8' } : {}),
      Location: location,
    },
    body: method === 'GET' ? `<a href="${escapeHtml(location)}">Moved Permanently</a>.\n\n` : '',
  };
}
