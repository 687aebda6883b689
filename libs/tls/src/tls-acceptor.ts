import { constants, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer } from 'node:tls';
import type { Server as TlsServer, TLSSocket } from 'node:tls';
import type { Clock, LogFields } from '@etcd-ts/foundation';

import { addressFault, SYSTEM_NAMES } from './address-check.js';
import type { NameLookup } from './address-check.js';
import { altNames, commonName, namesFault, revocationFault } from './certificate-check.js';
import { certificateFault, handshakeFault } from './handshake-fault.js';
import { HandshakeQueue } from './handshake-queue.js';
import type { TlsCredentials } from './tls-credentials.js';

/** For a handshake and the questions to DNS after it (etcd: GHSA-6vch-q96h-7gc3). */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** Names of a certificate that one log line shows: a stranger has chosen how many there are. */
const MAX_LOGGED_NAMES = 10;

export interface TlsAcceptorOptions {
  readonly credentials: TlsCredentials;
  /** In the order of preference. A client that names none may speak any. */
  readonly protocols: readonly string[];
  /** Such as "rejected connection on client endpoint". */
  readonly rejection: string;
  /** Anybody can cause such lines: it should have a limit. */
  readonly log: { warn(message: string, fields: LogFields): void };
  readonly clock: Clock;
  readonly handshakeTimeoutMs?: number;
  /** Under way at a time. */
  readonly maxHandshakes?: number;
  readonly names?: NameLookup;
}

/** Who is at the other end of a connection, as far as a certificate says. */
export interface SecureIdentity {
  /** Of a verified certificate; undefined without one, or if it has none. */
  readonly commonName: string | undefined;
}

export type Admit = (socket: TLSSocket, identity: SecureIdentity) => void;

/**
 * Puts TLS on the connections of one listener. Only those whose handshake is done and whose
 * certificate, where one is asked for, has passed every check come out; the others are closed with
 * a line in the log. Changed files count from the next connection on.
 */
export class TlsAcceptor {
  readonly #options: TlsAcceptorOptions;
  readonly #admit: Admit;
  readonly #server: TlsServer;
  readonly #handshakes: HandshakeQueue;
  #version: number;

  constructor(options: TlsAcceptorOptions, admit: Admit) {
    this.#options = options;
    this.#admit = admit;
    this.#handshakes = new HandshakeQueue(options.maxHandshakes);
    const { credentials, protocols, handshakeTimeoutMs = HANDSHAKE_TIMEOUT_MS } = options;
    const { version } = credentials.current;
    this.#version = version;
    this.#server = createServer({
      ...this.#context(),
      requestCert: credentials.settings.requiresCertificate,
      // Verified below, in full and with a reason for the log.
      rejectUnauthorized: false,
      ALPNProtocols: [...protocols],
      handshakeTimeout: handshakeTimeoutMs,
    });
    this.#server.on('secureConnection', (socket) => void this.#verify(socket));
    this.#server.on('tlsClientError', (error, socket) => {
      this.#reject(socket, this.#handshakes.take(socket), handshakeFault(error));
    });
  }

  /** Takes the connection over. */
  accept(socket: Socket): void {
    const { version } = this.#options.credentials.current;
    if (version !== this.#version) {
      this.#version = version;
      this.#server.setSecureContext(this.#context());
    }
    // Until the handshake is done, errors of the connection are those of the handshake.
    socket.on('error', () => socket.destroy());
    this.#handshakes.add(socket);
    this.#server.emit('connection', socket);
  }

  /** Ends the handshakes under way. */
  close(): void {
    this.#handshakes.destroyAll();
  }

  #context() {
    const { credentials } = this.#options;
    return {
      ...credentials.current.server,
      // A session that is resumed is not verified again: neither by a list of revocations that is
      // newer than it, nor by other authorities, nor for having expired. So there are none.
      secureOptions: constants.SSL_OP_NO_TICKET,
    };
  }

  async #verify(socket: TLSSocket): Promise<void> {
    // Its reset must not end the process while nobody else has it.
    const onError = (): void => void socket.destroy();
    socket.on('error', onError);
    const fault = await this.#fault(socket).catch((error: unknown) => String(error));
    const address = this.#handshakes.take(socket);
    if (fault !== undefined) {
      this.#reject(socket, address, fault);
      return;
    }
    if (socket.destroyed) return;
    const { requiresCertificate } = this.#options.credentials.settings;
    const name = requiresCertificate ? commonName(socket.getPeerCertificate()) : '';
    this.#admit(socket, { commonName: name === '' ? undefined : name });
    socket.off('error', onError);
  }

  async #fault(socket: TLSSocket): Promise<string | undefined> {
    const { credentials, names = SYSTEM_NAMES, clock } = this.#options;
    const { requiresCertificate, verifiesAddress } = credentials.settings;
    if (!requiresCertificate) return undefined;
    const certificate = socket.getPeerCertificate(true);
    if (certificate.raw === undefined) return "tls: client didn't provide a certificate";
    if (!socket.authorized) return certificateFault(socket, certificate, clock.wallMs());
    const fault =
      namesFault(certificate, credentials) ?? revocationFault(certificate, credentials.revocations);
    if (fault !== undefined || !verifiesAddress) return fault;
    const address = socket.remoteAddress;
    // A unix socket has no address: who may open its file is the file's business.
    if (address === undefined) return undefined;
    return addressFault(new X509Certificate(certificate.raw), plainAddress(address), names);
  }

  #reject(socket: TLSSocket, address: string, error: string): void {
    const { log, rejection } = this.#options;
    const servername: unknown = socket.servername;
    log.warn(rejection, {
      'remote-addr': address,
      'server-name': typeof servername === 'string' ? servername : '',
      ...shownNames(socket),
      error,
    });
    socket.destroy();
  }
}

/** The names in the certificate, if one was shown. */
function shownNames(socket: TLSSocket): LogFields {
  const certificate = socket.destroyed ? undefined : socket.getPeerX509Certificate();
  if (certificate === undefined) return {};
  const { addresses, hosts } = altNames(certificate);
  return {
    'ip-addresses': addresses.slice(0, MAX_LOGGED_NAMES),
    'dns-names': hosts.slice(0, MAX_LOGGED_NAMES),
  };
}

/** An IPv4 address as a listener for both families shows it, without what makes it an IPv6 one. */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.)/u, '');
