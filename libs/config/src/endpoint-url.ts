import type { ScalarOutcome } from './go-scalar.js';

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

interface SplitUrl {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly hasAuthority: boolean;
}

const SCHEME = /^([a-z][a-z0-9+.-]*):/iu;
const HOST_CHARACTER = /[A-Za-z0-9\-._~!$&'()*+,;=:[\]<>"%\u0080-\uffff]/u;
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/u;
const refused = (message: string): { kind: 'error'; message: string } => ({
  kind: 'error',
  message,
});

/**
 * A comma list as etcd takes it: blanks around an item are dropped, items are sorted and repeated
 * ones are one. Any bad item fails the list, with the words of the original (or of Go's net/url).
 */
export function parseEndpointUrls(text: string): ScalarOutcome<readonly EndpointUrl[]> {
  const byText = new Map<string, EndpointUrl>();
  for (const item of text.split(',')) {
    const outcome = parseEndpointUrl(item.trim());
    if (outcome.kind === 'error') return outcome;
    byText.set(outcome.value.text, outcome.value);
  }
  const urls = [...byText.values()].sort((a, b) => (a.text < b.text ? -1 : 1));
  return { kind: 'ok', value: urls };
}

export function parseEndpointUrl(text: string): ScalarOutcome<EndpointUrl> {
  const outcome = splitUrl(text);
  if (outcome.kind === 'error') return outcome;
  const { scheme, host, path, hasAuthority } = outcome.value;
  if (scheme === 'unix' || scheme === 'unixs') {
    const shown = hasAuthority ? `${scheme}://${host}${path}` : `${scheme}:${path}`;
    return {
      kind: 'ok',
      value: { text: shown, scheme, hostname: '', port: 0, socketPath: host + path },
    };
  }
  if (scheme !== 'http' && scheme !== 'https') {
    return refused(`URL scheme must be http, https, unix, or unixs: ${text}`);
  }
  const address = splitHostPort(host);
  if (address === undefined) {
    return refused(`URL address does not have the form "host:port": ${text}`);
  }
  if (path !== '') return refused(`URL must not contain a path: ${text}`);
  if (address.port > 65535) {
    return refused(`parse ${JSON.stringify(text)}: invalid port ":${address.port}" after host`);
  }
  return { kind: 'ok', value: { text: `${scheme}://${host}`, scheme, socketPath: '', ...address } };
}

/** `host:port`, `[v6]:port` or `:port`; undefined for anything else. */
function splitHostPort(host: string): { hostname: string; port: number } | undefined {
  const match = /^(?:\[([^[\]]*)\]|([^:[\]]*)):(\d*)$/u.exec(host);
  if (match === null) return undefined;
  const [, bracketed, plain, port = ''] = match;
  return { hostname: bracketed ?? plain ?? '', port: Number(port) };
}

/** The part of Go's url.Parse that matters for addresses, with its error words. */
function splitUrl(text: string): ScalarOutcome<SplitUrl> {
  const failed = (why: string): { kind: 'error'; message: string } =>
    refused(`parse ${JSON.stringify(text)}: ${why}`);
  if (CONTROL_CHARACTER.test(text)) return failed('net/url: invalid control character in URL');
  if (text.startsWith(':')) return failed('missing protocol scheme');
  const scheme = SCHEME.exec(text)?.[1];
  const rest = scheme === undefined ? text : text.slice(scheme.length + 1);
  if (scheme === undefined && (rest.split('/')[0] ?? '').includes(':')) {
    return failed('first path segment in URL cannot contain colon');
  }
  const badEscape = /%(?![0-9a-f]{2}).{0,2}/isu.exec(rest)?.[0];
  if (badEscape !== undefined) return failed(`invalid URL escape ${JSON.stringify(badEscape)}`);
  if (!rest.startsWith('//')) {
    const path = rest;
    return { kind: 'ok', value: { scheme: lower(scheme), host: '', path, hasAuthority: false } };
  }
  const slash = rest.slice(2).search(/[/?#]/u);
  const host = slash < 0 ? rest.slice(2) : rest.slice(2, 2 + slash);
  const path = slash < 0 ? '' : rest.slice(2 + slash);
  const fault = hostFault(host);
  if (fault !== undefined) return failed(fault);
  return { kind: 'ok', value: { scheme: lower(scheme), host, path, hasAuthority: true } };
}

function hostFault(host: string): string | undefined {
  if (host.startsWith('[') && !host.includes(']')) return "missing ']' in host";
  const portText = host.startsWith('[')
    ? host.slice(host.lastIndexOf(']') + 1)
    : host.includes(':')
      ? host.slice(host.lastIndexOf(':'))
      : '';
  if (portText !== '' && !/^:\d*$/u.test(portText)) {
    return `invalid port ${JSON.stringify(portText)} after host`;
  }
  for (const character of host) {
    if (!HOST_CHARACTER.test(character)) {
      return `invalid character ${JSON.stringify(character)} in host name`;
    }
  }
  return undefined;
}

const lower = (scheme: string | undefined): string => scheme?.toLowerCase() ?? '';
