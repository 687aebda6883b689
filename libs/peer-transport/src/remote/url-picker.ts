/** The peer URLs this transport can dial; others (as unix sockets) are left out. */
export function dialableUrls(urls: readonly string[]): readonly URL[] {
  return urls.flatMap((text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    return url?.protocol === 'http:' || url?.protocol === 'https:' ? [url] : [];
  });
}

/** Stays with one URL of a member while it works, and goes round when it does not. */
export class UrlPicker {
  #urls: readonly URL[];
  #picked = 0;

  constructor(urls: readonly URL[]) {
    this.#urls = urls;
  }

  /** Undefined if the member has none. */
  pick(): URL | undefined {
    return this.#urls[this.#picked];
  }

  update(urls: readonly URL[]): void {
    this.#urls = urls;
    this.#picked = 0;
  }

  /** Several requests may fail at one URL at the same time: only the first of them moves on. */
  unreachable(url: URL): void {
    if (this.pick() === url) this.#picked = (this.#picked + 1) % this.#urls.length;
  }
}
