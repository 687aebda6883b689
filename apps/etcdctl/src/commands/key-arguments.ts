import { badArguments, parseInteger } from '@etcd-ts/command-line';
import type { FlagValues } from '@etcd-ts/command-line';

/** Two flags that contradict each other. */
export function requireOneOf(flags: FlagValues, one: string, other: string): void {
  if (!flags.bool(one) || !flags.bool(other)) return;
  throw badArguments(`\`--${one}\` and \`--${other}\` cannot be set at the same time, choose one`);
}

/** Leases are shown, and given, in hexadecimal. `what`: how the complaint calls it. */
export function parseLease(text: string, what: string): bigint {
  const outcome = parseInteger(text, { base: 16 });
  if (outcome.kind === 'ok') return outcome.value;
  throw badArguments(`bad ${what} (${outcome.message}), expecting ID in Hex`);
}

export function parseMember(text: string): bigint {
  const outcome = parseInteger(text, { base: 16, isUnsigned: true });
  if (outcome.kind === 'ok') return outcome.value;
  throw badArguments(`bad member ID arg (${outcome.message}), expecting ID in Hex`);
}
