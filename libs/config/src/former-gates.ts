import { must } from '@etcd-ts/foundation';
import { parseFeatureGates } from './feature-gates.js';
import type { GateSettings } from './feature-gates.js';
import type { OptionValues } from './option-schema.js';

/** Flags of etcd before 3.6 that are feature gates now; kubeadm's manifests still say the first. */
const FORMER = [
  ['experimental-initial-corrupt-check', 'InitialCorruptCheck'],
  ['experimental-compact-hash-check-enabled', 'CompactHashCheck'],
  ['experimental-enable-lease-checkpoint', 'LeaseCheckpoint'],
  ['experimental-enable-lease-checkpoint-persist', 'LeaseCheckpointPersist'],
] as const;

/** The gates as --feature-gates and the flags of former releases leave them. */
export function gatesOf(values: OptionValues): GateSettings {
  const former = FORMER.filter(([flag]) => values[flag]).map(([, gate]) => `${gate}=true`);
  // What is named later counts, and a group never overrides a gate that is named.
  const parsed = parseFeatureGates([...former, values['feature-gates']].join(','));
  return must(parsed.kind === 'ok' ? parsed.value : undefined, 'gates were parsed');
}

/** A gate that is asked for in both ways, in etcd's words. */
export function doubledGate(values: OptionValues): string | undefined {
  const gates = gatesOf(values);
  for (const [flag, gate] of FORMER) {
    if (!values[flag] || !values['feature-gates'].includes(gate)) continue;
    const setting = `--feature-gates=${gate}=${gates.get(gate) === true}`;
    return `cannot specify both flags: --${flag}=true and ${setting} at the same time, please just use ${setting}`;
  }
  return undefined;
}
