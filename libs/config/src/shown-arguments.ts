/** Options whose values are secrets, or may have one in them. */
const SECRET = new Set(['discovery-password', 'discovery-user']);
/** URLs, which may have `user:password@` in them. */
const WITH_URL = new Set(['discovery', 'discovery-proxy']);
const HIDDEN = '***';

/** The value of an option as it may be shown to others. */
export function shownValue(option: string, value: string): string {
  if (SECRET.has(option)) return HIDDEN;
  return WITH_URL.has(option) ? value.replace(/\/\/[^/?#]*@/u, `//${HIDDEN}@`) : value;
}

/**
 * A command line as it may be shown to others, in a log or on a page: without the values of options
 * that are secrets. The system's own list of processes shows them all the same, so a password is
 * better given in the environment.
 */
export function shownArguments(argv: readonly string[]): readonly string[] {
  let awaiting: string | undefined;
  return argv.map((argument) => {
    if (awaiting !== undefined) {
      const name = awaiting;
      awaiting = undefined;
      return shownValue(name, argument);
    }
    const [, dashes = '', name = '', value] = /^(--?)([^=]+)(?:=([^]*))?$/u.exec(argument) ?? [];
    if (!SECRET.has(name) && !WITH_URL.has(name)) return argument;
    if (value !== undefined) return `${dashes}${name}=${shownValue(name, value)}`;
    awaiting = name;
    return argument;
  });
}
