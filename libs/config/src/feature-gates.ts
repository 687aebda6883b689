import { parseGoBool } from './go-scalar.js';
import type { ScalarOutcome } from './go-scalar.js';

interface Gate {
  readonly default: boolean;
  readonly stage: 'alpha' | 'beta';
  readonly requires?: string;
  /** Whether it does something here when it is moved off its default. */
  readonly supported?: true;
}

/** The gates of etcd 3.7 with their defaults. */
const GATES: Readonly<Record<string, Gate>> = {
  StopGRPCServiceOnDefrag: { default: false, stage: 'alpha' },
  InitialCorruptCheck: { default: false, stage: 'alpha', supported: true },
  CompactHashCheck: { default: false, stage: 'alpha', supported: true },
  TxnModeWriteWithSharedBuffer: { default: true, stage: 'beta' },
  LeaseCheckpoint: { default: false, stage: 'alpha', supported: true },
  LeaseCheckpointPersist: {
    default: false,
    stage: 'alpha',
    requires: 'LeaseCheckpoint',
    supported: true,
  },
  SetMemberLocalAddr: { default: false, stage: 'alpha' },
  FastLeaseKeepAlive: { default: true, stage: 'beta' },
  PriorityRequest: { default: false, stage: 'alpha' },
};

const GROUPS: Readonly<Record<string, Gate['stage']>> = { AllAlpha: 'alpha', AllBeta: 'beta' };

export interface FeatureSetting {
  readonly name: string;
  readonly stage: 'ALPHA' | 'BETA';
  readonly isOn: boolean;
}

export type GateSettings = ReadonlyMap<string, boolean>;

export function parseFeatureGates(text: string): ScalarOutcome<GateSettings> {
  const given = new Map<string, boolean>();
  for (const item of text.split(',')) {
    if (item === '') continue;
    const equals = item.indexOf('=');
    const name = (equals < 0 ? item : item.slice(0, equals)).trim();
    if (equals < 0) return failed(`missing bool value for ${name}`);
    const valueText = item.slice(equals + 1).trim();
    const value = parseGoBool(valueText);
    if (value.kind === 'error') {
      const cause = `strconv.ParseBool: parsing ${JSON.stringify(valueText)}: invalid syntax`;
      return failed(`invalid value of ${name}=${valueText}, err: ${cause}`);
    }
    if (!Object.hasOwn(GATES, name) && !Object.hasOwn(GROUPS, name)) {
      return failed(`unrecognized feature gate: ${name}`);
    }
    given.set(name, value.value);
  }
  return { kind: 'ok', value: effective(given) };
}

/** Every gate with its stage, in etcd's capitals. */
export function featureSettings(settings: GateSettings): readonly FeatureSetting[] {
  return Object.entries(GATES).map(([name, { stage }]) => ({
    name,
    stage: stage === 'alpha' ? 'ALPHA' : 'BETA',
    isOn: settings.get(name) === true,
  }));
}

/** A group moves its gates; a gate named itself overrides its group. */
function effective(given: GateSettings): GateSettings {
  const settings = new Map<string, boolean>();
  for (const [name, gate] of Object.entries(GATES)) {
    const group = Object.keys(GROUPS).find((candidate) => GROUPS[candidate] === gate.stage);
    const byGroup = group === undefined ? undefined : given.get(group);
    settings.set(name, given.get(name) ?? byGroup ?? gate.default);
  }
  return settings;
}

/** The first gate that is on without the one it needs, in etcd's words. */
export function missingGate(settings: GateSettings): string | undefined {
  for (const [name, gate] of Object.entries(GATES)) {
    const { requires } = gate;
    if (requires !== undefined && settings.get(name) === true && settings.get(requires) !== true) {
      return `enabling feature gate ${name} requires enabling feature gate ${requires}`;
    }
  }
  return undefined;
}

/** The first gate that was moved off its default in vain, as `Name=value`. */
export function movedGate(settings: GateSettings): string | undefined {
  for (const [name, gate] of Object.entries(GATES)) {
    const value = settings.get(name);
    if (value !== undefined && value !== gate.default && !gate.supported) return `${name}=${value}`;
  }
  return undefined;
}

const failed = (message: string): { kind: 'error'; message: string } => ({
  kind: 'error',
  message,
});
