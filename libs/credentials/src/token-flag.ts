/** The value of --auth-token. */
export type TokenFlag =
  | { readonly kind: 'simple' | 'none' }
  | { readonly kind: 'jwt'; readonly options: ReadonlyMap<string, string> }
  | InvalidTokenFlag;

/** `message` is etcd's; `reason` says more, for the log. */
export interface InvalidTokenFlag {
  readonly kind: 'invalid';
  readonly message: string;
  readonly reason: string;
}

export function invalidTokenOptions(reason: string): InvalidTokenFlag {
  return { kind: 'invalid', message: 'auth: invalid auth options', reason };
}

/** `type,name=value,...`; a simple token's options mean nothing, but must have this form, too. */
export function parseTokenFlag(text: string): TokenFlag {
  const [type = '', ...pairs] = text.split(',');
  const options = new Map<string, string>();
  for (const pair of pairs) {
    const [name = '', value, ...more] = pair.split('=');
    if (value === undefined || more.length > 0) {
      return invalidTokenOptions(`not of the form name=value: option "${name}"`);
    }
    if (options.has(name)) return invalidTokenOptions(`given twice: option "${name}"`);
    options.set(name, value);
  }
  if (type === 'simple') return { kind: 'simple' };
  if (type === '') return { kind: 'none' };
  if (type === 'jwt') return { kind: 'jwt', options };
  return invalidTokenOptions(`unknown token type "${type}"`);
}
