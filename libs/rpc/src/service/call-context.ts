/** Request metadata. Names are lower case; of several values the first counts, as in etcd. */
export interface CallMetadata {
  get(name: string): string | undefined;
  /** Of a name that ends in "-bin". */
  getBinary(name: string): Uint8Array | undefined;
}

/** What a handler may know of the call it serves, whatever carries it. */
export interface CallContext {
  readonly metadata: CallMetadata;
  /** When the client stops waiting, by this process's wall clock; undefined: never. */
  readonly deadlineMs: number | undefined;
  /**
   * Aborts when nobody waits for the answer any more: the client cancelled or is gone, the deadline
   * passed, or the server stops. Its reason is the EtcdError that then ends the call. It does not
   * abort after the handler has returned.
   */
  readonly signal: AbortSignal;
  /** "address:port" of the client; "@" if it has none, on a unix socket. */
  readonly peer: string;
  /**
   * The subject's common name in the client's certificate. Only of a certificate that was asked for
   * and verified (`--client-cert-auth`): it names the user of a call without a token. Never set for
   * calls that come through the JSON gateway, whose certificate is the server's own (CVE-2018-16886).
   */
  readonly peerCertificateCommonName?: string | undefined;
  /** The method's path, such as "/etcdserverpb.KV/Put". */
  readonly method: string;
}
