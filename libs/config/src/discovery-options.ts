import type { OptionValues } from './option-schema.js';
import type { Discovery } from './server-config.js';

/** Checked before: at most one way to discover is given. */
export function discoveryOf(values: OptionValues): Discovery | undefined {
  if (values['discovery'] !== '') {
    return { kind: 'v2', url: values['discovery'], proxy: values['discovery-proxy'] };
  }
  if (values['discovery-srv'] !== '') {
    const suffix = values['discovery-srv-name'];
    const resolvers = values['discovery-srv-resolver'];
    return { kind: 'srv', domain: values['discovery-srv'], suffix, resolvers };
  }
  const endpoints = values['discovery-endpoints'];
  if (endpoints.length === 0) return undefined;
  return {
    kind: 'v3',
    token: values['discovery-token'],
    endpoints,
    dialTimeoutMs: values['discovery-dial-timeout'],
    requestTimeoutMs: values['discovery-request-timeout'],
    keepaliveTimeMs: values['discovery-keepalive-time'],
    keepaliveTimeoutMs: values['discovery-keepalive-timeout'],
    insecureTransport: values['discovery-insecure-transport'],
    insecureSkipVerify: values['discovery-insecure-skip-tls-verify'],
    certFile: values['discovery-cert'],
    keyFile: values['discovery-key'],
    caFile: values['discovery-cacert'],
    ...credentialsOf(values['discovery-user'], values['discovery-password']),
  };
}

/** `user:password` in one option, or each in its own. */
function credentialsOf(
  user: string,
  password: string,
): { readonly user: string; readonly password: string } {
  const colon = user.indexOf(':');
  if (password !== '' || colon < 0) return { user, password };
  return { user: user.slice(0, colon), password: user.slice(colon + 1) };
}
