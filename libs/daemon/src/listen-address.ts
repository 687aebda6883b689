export interface ListenAddress {
  /** Empty: all addresses. */
  readonly host: string;
  readonly port: number;
}

const ADDRESS = /^(?:\[([^[\]]+)\]|([^:[\]]*)):(\d{1,5})$/u;

/** `host:port`, `[v6]:port` or `:port`. Throws on anything else. */
export function parseListenAddress(text: string): ListenAddress {
  const [, bracketed, plain = '', digits = ''] = ADDRESS.exec(text) ?? [];
  const port = Number(digits);
  if (digits === '' || port > 65_535) throw new Error(`not an address to listen on: ${text}`);
  return { host: bracketed ?? plain, port };
}
