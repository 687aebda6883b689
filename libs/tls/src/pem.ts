/** One block of a PEM file (RFC 7468), with the lines around it. */
export interface PemBlock {
  /** Such as "CERTIFICATE" or "EC PRIVATE KEY". */
  readonly type: string;
  readonly text: string;
}

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^]*?-----END \1-----/gu;

/** In the order of the file. What stands between blocks is for people, and is left out. */
export function pemBlocks(text: string): readonly PemBlock[] {
  return [...text.matchAll(BLOCK)].map(([block, type = '']) => ({ type, text: `${block}\n` }));
}

/** The bytes a block stands for. */
export function pemBytes({ text }: PemBlock): Buffer {
  const lines = text.split(/\r?\n/u).filter((line) => !line.startsWith('-----'));
  // Headers, as encrypted keys of old have them, end with an empty line.
  const afterHeaders = lines.some((line) => line.includes(':')) ? lines.indexOf('') + 1 : 0;
  return Buffer.from(lines.slice(afterHeaders).join(''), 'base64');
}

const LINE_CHARACTERS = /.{1,64}/gu;

export function toPem(type: string, der: Uint8Array): string {
  const lines = Buffer.from(der).toString('base64').match(LINE_CHARACTERS) ?? [];
  return [`-----BEGIN ${type}-----`, ...lines, `-----END ${type}-----`, ''].join('\n');
}
