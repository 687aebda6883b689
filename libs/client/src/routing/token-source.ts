/** How the client says who it is. */
export type Credentials =
  | { readonly user: string; readonly password: string }
  /** A token from elsewhere, such as a JSON web token. It is used as long as it lasts. */
  | { readonly token: string };

export type Login = (user: string, password: string) => Promise<string | undefined>;

/** The token of a client: fetched when it is first needed, and again when a member refuses it. */
export class TokenSource {
  readonly #credentials: Credentials | undefined;
  readonly #login: Login;
  #token: Promise<string | undefined> | undefined;

  constructor(credentials: Credentials | undefined, login: Login) {
    this.#credentials = credentials;
    this.#login = login;
  }

  /** Whether logging in again can help. */
  get canLogIn(): boolean {
    return this.#credentials !== undefined && 'user' in this.#credentials;
  }

  /** undefined: the client is nobody, or the cluster does not ask. Calls at once share one login. */
  current(): Promise<string | undefined> {
    const credentials = this.#credentials;
    if (credentials === undefined) return Promise.resolve(undefined);
    if ('token' in credentials) return Promise.resolve(credentials.token);
    if (this.#token === undefined) {
      const token = this.#login(credentials.user, credentials.password);
      this.#token = token;
      // A login that failed is tried again by the next call.
      token.catch(() => this.#forget(token));
    }
    return this.#token;
  }

  /** The members refuse this token; one fetched meanwhile by somebody else stays. */
  async refuse(refused: string | undefined): Promise<void> {
    const token = this.#token;
    if (token === undefined) return;
    if ((await token.catch(() => undefined)) === refused) this.#forget(token);
  }

  #forget(token: Promise<string | undefined>): void {
    if (this.#token === token) this.#token = undefined;
  }
}
