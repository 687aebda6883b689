export type UrlScheme = 'http' | 'https' | 'unix' | 'unixs';

/** An address to listen on or to advertise, already checked by etcd's rules for such URLs. */
export interface EndpointUrl {
  /** As etcd prints it in answers and logs: `http://127.0.0.1:2379`. */
  readonly text: string;
  readonly scheme: UrlScheme;
  /** Host name or IP address without brackets; empty in `http://:2379`. Empty for unix sockets. */
  readonly hostname: string;
  /** 0 for unix sockets, and where the operator asked for any free port. */
  readonly port: number;
  /** Path of the unix socket; empty for the others. */
  readonly socketPath: string;
}
