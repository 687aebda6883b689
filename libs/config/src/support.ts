import { movedGate } from './feature-gates.js';
import { gatesOf } from './former-gates.js';
import { warn } from './notice.js';
import type { ConfigNotice } from './notice.js';
import { OPTIONS } from './option-schema.js';
import type { OptionValues } from './option-schema.js';
import { isDefault } from './option-value.js';
import type { GivenValues } from './option-value.js';

const NOT_YET = 'is not supported yet by this version of etcd-ts';

/**
 * The complaint about the first option that asks for what this program does not do. No option may
 * silently do nothing: somebody who sets --client-cert-auth must not believe to have it.
 */
export function unsupported(values: OptionValues): string | undefined {
  for (const option of OPTIONS) {
    const { support } = option;
    if (support === 'supported' || isDefault(option, values[option.name])) continue;
    if (support === 'later') return `--${option.name} ${NOT_YET}`;
    if ('without' in support) {
      return `--${option.name} is not supported by etcd-ts: ${support.without}`;
    }
  }
  return unsupportedGate(values);
}

function unsupportedGate(values: OptionValues): string | undefined {
  const moved = movedGate(gatesOf(values));
  return moved === undefined ? undefined : `--feature-gates: ${moved} ${NOT_YET}`;
}

/** Options that etcd itself takes without effect. */
export function withoutEffect(given: GivenValues): readonly ConfigNotice[] {
  return OPTIONS.flatMap(({ name, support }) => {
    if (typeof support === 'string' || !('ignored' in support) || !given.has(name)) return [];
    return [
      warn('ignoring an option without effect', { flag: `--${name}`, reason: support.ignored }),
    ];
  });
}
