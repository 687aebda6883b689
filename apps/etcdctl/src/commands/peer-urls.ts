const SCHEMES = ['http:', 'https:', 'unix:', 'unixs:'];

/** What is wrong with them, in the words of the original; undefined: nothing. */
export function parsePeerUrls(urls: readonly string[]): string | undefined {
  for (const text of urls.map((url) => url.trim())) {
    const complaint = complaintAbout(text);
    if (complaint !== undefined) return complaint;
  }
  return undefined;
}

function complaintAbout(text: string): string | undefined {
  const scheme = /^([a-z][a-z\d+.-]*:)/iu.exec(text)?.[1]?.toLowerCase() ?? '';
  if (scheme === '' && text.includes(':')) {
    return `parse ${JSON.stringify(text)}: first path segment in URL cannot contain colon`;
  }
  if (!SCHEMES.includes(scheme)) {
    return `URL scheme must be http, https, unix, or unixs: ${text}`;
  }
  if (scheme.startsWith('unix')) return undefined;
  const [, host = '', path = ''] = /^[^/]*\/\/([^/]*)(.*)$/u.exec(text) ?? [];
  if (!/:\d*$/u.test(host)) return `URL address does not have the form "host:port": ${text}`;
  return path === '' ? undefined : `URL must not contain a path: ${text}`;
}
