import { formerNameNotice, info, warn } from './notice.js';
import type { ConfigNotice } from './notice.js';
import { environmentName, FLAGS } from './option-schema.js';
import type { Option, OptionName } from './option-schema.js';
import { parseOptionText } from './option-value.js';
import type { GivenValues } from './option-value.js';
import { shownValue } from './shown-arguments.js';
import type { OptionValue } from './option.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export type EnvironmentOutcome =
  | { readonly kind: 'ok'; readonly given: GivenValues; readonly notices: readonly ConfigNotice[] }
  | {
      readonly kind: 'invalid';
      readonly message: string;
      readonly notices: readonly ConfigNotice[];
    }
  | { readonly kind: 'conflict'; readonly notices: readonly ConfigNotice[] };

const PREFIX = 'ETCD_';
/** Would mean --version, which nobody wants from the version variable of a container image. */
const VERSION_VARIABLE = 'ETCD_VERSION';
/** Meant for others than the options: a switch of etcd's own builds, and the file already asked for. */
const NOT_OPTIONS = new Set(['ETCD_UNSUPPORTED_ARCH', 'ETCD_CONFIG_FILE', VERSION_VARIABLE]);

/**
 * Options from ETCD_* variables, for those no flag has set. A variable beside its own flag is
 * refused, even an empty one: two sources that may disagree are a mistake in somebody's unit file.
 */
export function parseEnvironment(env: Environment, flags: GivenValues): EnvironmentOutcome {
  const notices: ConfigNotice[] = [];
  const version = env[VERSION_VARIABLE] ?? '';
  if (version !== '') {
    const fields = { key: VERSION_VARIABLE, value: version };
    notices.push(warn('cannot set special environment variable', fields));
  }
  const given = new Map<OptionName, OptionValue>();
  const seen = new Set<string>(NOT_OPTIONS);
  let fault: string | undefined;
  for (const option of FLAGS) {
    if (flags.has(option.name)) continue;
    for (const name of namesOf(option)) {
      const variable = environmentName(name);
      const text = env[variable] ?? '';
      if (text === '') continue;
      seen.add(variable);
      const outcome = parseOptionText(option, text);
      if (outcome.kind === 'error') {
        fault ??= `invalid value ${JSON.stringify(text)} for ${variable}: ${outcome.message}`;
        continue;
      }
      if (name !== option.name)
        notices.push(formerNameNotice(variable, environmentName(option.name)));
      if (!given.has(option.name)) given.set(option.name, outcome.value);
      notices.push(usedNotice(variable, shownValue(option.name, text)));
    }
  }
  const conflict = conflictNotice(env, flags);
  if (conflict !== undefined) return { kind: 'conflict', notices: [...notices, conflict] };
  notices.push(...unrecognized(env, seen));
  if (fault !== undefined) return { kind: 'invalid', message: fault, notices };
  return { kind: 'ok', given, notices };
}

/** Today's name first: it wins over the former one. */
const namesOf = (option: Option): readonly string[] =>
  option.formerName === undefined ? [option.name] : [option.name, option.formerName];

const usedNotice = (variable: string, text: string): ConfigNotice =>
  info('recognized and used environment variable', {
    'variable-name': variable,
    'variable-value': text,
  });

function conflictNotice(env: Environment, flags: GivenValues): ConfigNotice | undefined {
  const shadowed = new Set(
    FLAGS.filter((option) => flags.has(option.name))
      .flatMap(namesOf)
      .map(environmentName),
  );
  const name = Object.keys(env).find((key) => shadowed.has(key) && env[key] !== undefined);
  if (name === undefined) return undefined;
  return {
    level: 'fatal',
    message:
      'conflicting environment variable is shadowed by corresponding command-line flag (either unset environment variable or disable flag))',
    fields: { 'environment-variable': shownVariable(name, env[name] ?? '') },
  };
}

function unrecognized(env: Environment, seen: ReadonlySet<string>): readonly ConfigNotice[] {
  return Object.entries(env)
    .filter(([name, value]) => name.startsWith(PREFIX) && value !== undefined && !seen.has(name))
    .map(([name, value]) =>
      warn('unrecognized environment variable', {
        'environment-variable': shownVariable(name, value ?? ''),
      }),
    );
}

/** A misspelt name may be that of a secret as well. */
function shownVariable(variable: string, value: string): string {
  const option = variable.slice(PREFIX.length).toLowerCase().replaceAll('_', '-');
  const isSecret = /password|passwd|secret/u.test(option);
  return `${variable}=${isSecret ? '***' : shownValue(option, value)}`;
}
