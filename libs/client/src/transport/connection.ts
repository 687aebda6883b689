import type {
  ClientHttp2Session,
  ClientSessionOptions,
  SecureClientSessionOptions,
} from 'node:http2';
import { connect } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { connect as connectTls } from 'node:tls';
import { LONGEST_TIMER_MS } from '@etcd-ts/foundation';
import { ConnectionError } from './call-failure.js';
import type { Endpoint } from './endpoint.js';
import { hostOf, isHostPort } from './endpoint.js';

/** PEM texts, as node's tls takes them. */
export interface TlsOptions {
  /** Authorities, certificate and key made ready elsewhere; then `ca`, `cert` and `key` do not count. */
  readonly secureContext?: SecureContext;
  /** Who may vouch for the server; default: this machine's certificate authorities. */
  readonly ca?: string | Buffer | string[];
  /** The client's own certificate and its key. */
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  /** The name the server must have; default: the endpoint's host. */
  readonly serverName?: string;
  /** Danger: whoever answers is believed. */
  readonly skipVerification?: boolean;
}

export interface ConnectionOptions {
  /** Asked for each connection that has TLS: certificates are renewed while a client lives. */
  readonly tls: () => TlsOptions;
  readonly dialTimeoutMs: number;
  readonly keepaliveTimeMs: number;
  readonly keepaliveTimeoutMs: number;
}

/** Of one stream; a snapshot of gigabytes should not wait for the network's round trips. */
const STREAM_WINDOW_BYTES = 1 << 20;
const SESSION_WINDOW_BYTES = 8 << 20;
/** Servers send clients away that ping more often; grpc-go has the same floor. */
const MIN_KEEPALIVE_MS = 10_000;
/** What one connection may hold, in megabytes: requests go up to what the server takes. */
const MAX_SESSION_MEMORY_MB = 512;

/** An HTTP/2 connection that is up. */
export class Connection {
  readonly session: ClientHttp2Session;
  #isRetired = false;
  #openCalls = 0;
  #keepalive: NodeJS.Timeout | undefined;

  private constructor(session: ClientHttp2Session, options: ConnectionOptions) {
    this.session = session;
    session.setLocalWindowSize(SESSION_WINDOW_BYTES);
    session.once('goaway', () => this.#retire());
    session.once('close', () => this.#retire());
    session.on('error', () => this.#retire());
    this.#startKeepalive(options);
    // An idle connection does not keep a program alive; calls in flight do.
    session.unref();
  }

  /** Rejects with a ConnectionError that says why, in the words of Go's dialer. */
  static open(endpoint: Endpoint, options: ConnectionOptions): Promise<Connection> {
    if (!endpoint.isUnix && !HAS_PORT.test(endpoint.address)) {
      // Node would take the port of the web.
      const why = `dial tcp: address ${endpoint.address}: missing port in address`;
      return Promise.reject(dialError(why));
    }
    if (!endpoint.isUnix && !isHostPort(endpoint.address)) {
      const why = `dial tcp: lookup ${hostOf(endpoint.address)}: no such host`;
      return Promise.reject(dialError(why));
    }
    return new Promise((resolve, reject) => {
      const session = openSession(endpoint, options.tls);
      const refuse = (why: string, cause?: unknown): void => {
        clearTimeout(timer);
        session.destroy();
        reject(dialError(why, cause));
      };
      const timer = setTimeout(
        () => refuse(`dial tcp ${endpoint.address}: i/o timeout`),
        Math.min(options.dialTimeoutMs, LONGEST_TIMER_MS),
      );
      const onError = (error: Error): void => refuse(dialText(endpoint, error), error);
      const onClose = (): void => refuse(`dial tcp ${endpoint.address}: connection closed`);
      session.on('error', onError);
      session.once('close', onClose);
      // Not 'connect': something that is no HTTP/2 server accepts connections too.
      session.once('remoteSettings', () => {
        clearTimeout(timer);
        session.off('close', onClose);
        const connection = new Connection(session, options);
        session.off('error', onError);
        resolve(connection);
      });
    });
  }

  /** No new calls, please: another connection is needed. */
  get isRetired(): boolean {
    return this.#isRetired || this.session.closed || this.session.destroyed;
  }

  callStarted(): void {
    if (this.#openCalls++ === 0 && !this.session.destroyed) this.session.ref();
  }

  callEnded(): void {
    if (--this.#openCalls > 0 || this.session.destroyed) return;
    if (this.#isRetired) this.session.close();
    else this.session.unref();
  }

  close(): void {
    clearInterval(this.#keepalive);
    this.session.destroy();
  }

  /** Calls in flight may go on; the server, if it is still there, has said that it will end them. */
  #retire(): void {
    this.#isRetired = true;
    clearInterval(this.#keepalive);
    if (this.#openCalls === 0) this.session.close();
  }

  /** A peer that vanished without a word is noticed by its silence. */
  #startKeepalive({ keepaliveTimeMs, keepaliveTimeoutMs }: ConnectionOptions): void {
    if (keepaliveTimeMs <= 0) return;
    const ping = (): void => {
      if (this.#openCalls === 0 || this.session.destroyed) return;
      const patienceMs = Math.min(keepaliveTimeoutMs, LONGEST_TIMER_MS);
      const timeout = setTimeout(() => this.session.destroy(), patienceMs);
      this.session.ping(() => clearTimeout(timeout));
    };
    const everyMs = Math.min(Math.max(keepaliveTimeMs, MIN_KEEPALIVE_MS), LONGEST_TIMER_MS);
    this.#keepalive = setInterval(ping, everyMs).unref();
  }
}

const HAS_PORT = /:\d+$/u;

function dialError(why: string, cause?: unknown): ConnectionError {
  const message = `connection error: desc = "transport: Error while dialing ${why}"`;
  return new ConnectionError(message, false, { cause });
}

function openSession(endpoint: Endpoint, tlsOf: () => TlsOptions): ClientHttp2Session {
  const common: ClientSessionOptions = {
    settings: { enablePush: false, initialWindowSize: STREAM_WINDOW_BYTES },
    maxSessionMemory: MAX_SESSION_MEMORY_MB,
  };
  const { address, isTls, isUnix } = endpoint;
  if (!isTls) {
    if (!isUnix) return connect(`http://${address}`, common);
    return connect('http://localhost', {
      ...common,
      createConnection: () => connectSocket(address),
    });
  }
  const tls = tlsOptions(endpoint, tlsOf());
  const secure: SecureClientSessionOptions = { ...common, ...tls };
  if (!isUnix) return connect(`https://${address}`, secure);
  const createConnection = (): ReturnType<typeof connectTls> =>
    connectTls({ path: address, ALPNProtocols: ['h2'], ...tls });
  return connect('https://localhost', { ...secure, createConnection });
}

function tlsOptions({ address, isUnix }: Endpoint, tls: TlsOptions): SecureClientSessionOptions {
  const name = tls.serverName ?? (isUnix ? 'localhost' : hostOf(address));
  return {
    ...(tls.secureContext !== undefined && { secureContext: tls.secureContext }),
    ...(tls.ca !== undefined && { ca: tls.ca }),
    ...(tls.cert !== undefined && { cert: tls.cert }),
    ...(tls.key !== undefined && { key: tls.key }),
    // RFC 6066: an address is no server name; node refuses it.
    ...(/^[\d.]+$|:/u.test(name) ? {} : { servername: name }),
    rejectUnauthorized: tls.skipVerification !== true,
  };
}

const GO_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset by peer',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  ETIMEDOUT: 'connection timed out',
  ENOENT: 'no such file or directory',
  EACCES: 'permission denied',
};

function dialText({ address, isUnix }: Endpoint, error: Error): string {
  const code = 'code' in error ? String(error.code) : '';
  const words = GO_WORDS[code];
  const network = isUnix ? 'unix' : 'tcp';
  if (words !== undefined) return `dial ${network} ${address}: connect: ${words}`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `dial tcp: lookup ${hostOf(address)}: no such host`;
  }
  return `dial ${network} ${address}: ${error.message}`;
}
