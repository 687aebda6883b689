import { formatGoDuration } from '@etcd-ts/foundation';
import type { Flag, FlagValues } from '@etcd-ts/command-line';
import { variableOf } from './environment.js';
import { GLOBAL_FLAGS } from './global-flags.js';

/** The original shows them; what `--debug` prints ends up in bug reports. */
const SECRETS = new Set(['password', 'auth-jwt-token']);
const HIDDEN = '***';

/** What `--debug` begins with: every global flag as its variable, with the value that counts. */
export function debugLines(flags: FlagValues): string {
  return [...GLOBAL_FLAGS]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map((flag) => `${variableOf(flag.name)}=${shown(flag, flags)}\n`)
    .join('');
}

function shown({ name, kind }: Flag, flags: FlagValues): string {
  switch (kind) {
    case 'bool':
      return String(flags.bool(name));
    case 'strings':
      return `[${flags.list(name).join(',')}]`;
    case 'int64':
    case 'uint':
      return String(flags.integer(name));
    case 'duration':
      return formatGoDuration(flags.milliseconds(name));
    case 'string': {
      const text = flags.text(name);
      if (SECRETS.has(name) && text !== '') return HIDDEN;
      return name === 'user' ? text.replace(/:.*/su, `:${HIDDEN}`) : text;
    }
  }
}
