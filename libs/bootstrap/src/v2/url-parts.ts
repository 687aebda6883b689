/** Where to connect for a URL, brackets of IPv6 addresses off. */
export function addressOf(url: URL): { host: string; port: number } {
  const host = url.hostname.replace(/^\[|\]$/gu, '');
  return { host, port: Number(url.port) || (url.protocol === 'https:' ? 443 : 80) };
}

/** The Basic credentials (RFC 7617) that a URL carries. */
export function credentialsOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(text).toString('base64')}`;
}
