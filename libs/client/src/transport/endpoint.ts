/** Where one member answers clients. */
export interface Endpoint {
  /** As its user wrote it. */
  readonly text: string;
  /** "host:port", or the path of a unix socket. */
  readonly address: string;
  readonly isTls: boolean;
  readonly isUnix: boolean;
}

export interface EndpointRules {
  /** What an endpoint without a scheme gets. */
  readonly tlsByDefault: boolean;
}

const SCHEMES = new Set(['http', 'https', 'unix', 'unixs']);

/**
 * `host:port`, or a URL with one of etcd's schemes: http, https, unix, unixs. All but `unix` decide
 * about TLS; otherwise the rules do. Throws a TypeError on anything else.
 */
export function parseEndpoint(text: string, { tlsByDefault }: EndpointRules): Endpoint {
  const [, scheme = '', rest = text] = /^([a-z]+):\/\/(.*)$/u.exec(text) ?? [];
  if (scheme === '') {
    const isUnix = text.startsWith('unix:');
    const address = isUnix ? text.slice('unix:'.length) : text;
    return endpointOf(text, address, tlsByDefault, isUnix);
  }
  if (!SCHEMES.has(scheme)) throw new TypeError(`unknown scheme in endpoint ${text}`);
  const isUnix = scheme.startsWith('unix');
  const address = isUnix ? rest : rest.replace(/\/.*$/u, '');
  // As etcd: of the schemes only `unix` leaves it open, as no scheme does.
  const isTls = scheme === 'unix' ? tlsByDefault : scheme === 'https' || scheme === 'unixs';
  return endpointOf(text, address, isTls, isUnix);
}

function endpointOf(text: string, address: string, isTls: boolean, isUnix: boolean): Endpoint {
  if (address === '') throw new TypeError(`no address in endpoint ${JSON.stringify(text)}`);
  return { text, address, isTls, isUnix };
}

const HOST_PORT = /^(?:\[[\da-f:.%]+\]|[^\s[\]:/\\?#@]+):\d+$/iu;

/**
 * Whether an address is a host with a port and nothing else. Of anything more a URL makes the address
 * of somebody else: that of `a#b:2379` is port 80 of `a`.
 */
export function isHostPort(address: string): boolean {
  return HOST_PORT.test(address) && URL.canParse(`http://${address}`);
}

/** The host of an address without its port and brackets. */
export function hostOf(address: string): string {
  return address.replace(/:\d*$/u, '').replace(/^\[(.*)\]$/u, '$1');
}
