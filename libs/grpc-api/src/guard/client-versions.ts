/** Printable ASCII: what a label of a metric may be. */
const PRINTABLE = /^[\x20-\x7e]*$/u;
const MAX_VERSION_LENGTH = 64;
/** Every version is a time series of its own, and clients choose them. */
const MAX_VERSIONS = 100;

/** What clients say in `client-api-version`, as a label that costs bounded memory. */
export class ClientVersions {
  readonly #known = new Set<string>();

  /** "other" beyond the first MAX_VERSIONS; undefined when no client can mean it. */
  label(version: string | undefined): string | undefined {
    if (version === undefined) return 'unknown';
    if (this.#known.has(version)) return version;
    if (!PRINTABLE.test(version)) return undefined;
    if (version.length > MAX_VERSION_LENGTH || this.#known.size >= MAX_VERSIONS) return 'other';
    this.#known.add(version);
    return version;
  }
}
