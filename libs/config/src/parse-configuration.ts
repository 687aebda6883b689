import { autoCompaction } from './auto-compaction.js';
import { withDerivedAddresses, withoutDefaultCluster } from './cluster-defaults.js';
import { adviceOn, assembleConfig } from './config-assembly.js';
import { parseConfigFile } from './config-file.js';
import { parseEnvironment } from './environment.js';
import type { Environment } from './environment.js';
import { parseFlags } from './flag-parser.js';
import type { ParsedFlags } from './flag-parser.js';
import { flagsText, USAGE } from './help-text.js';
import { logSettings } from './log-settings.js';
import { info, warn } from './notice.js';
import type { ConfigNotice } from './notice.js';
import { withDefaults } from './option-value.js';
import type { GivenValues } from './option-value.js';
import type { ServerConfig } from './server-config.js';
import { unsupported, withoutEffect } from './support.js';
import { UNSET_ADVERTISE_CLIENT_URLS, validate } from './validation.js';
import { versionText } from './version-text.js';
import type { BuildInfo } from './version-text.js';

export interface ConfigurationSources {
  /** Without the program's name. */
  readonly argv: readonly string[];
  readonly env: Environment;
  /** Text of a file; throws an Error whose message names the file and says why it cannot be read. */
  readonly readFile: (path: string) => string;
  readonly build: BuildInfo;
  /** Address of the host on its default route, advertised by one that listens on 0.0.0.0. */
  readonly defaultHost?: string | undefined;
}

export type Configuration =
  | {
      readonly kind: 'run';
      readonly config: ServerConfig;
      /** To be logged once the log is set up, in this order. */
      readonly notices: readonly ConfigNotice[];
    }
  | { readonly kind: 'help'; readonly stdout: string; readonly stderr: string }
  | { readonly kind: 'version'; readonly stdout: string }
  | {
      readonly kind: 'error';
      readonly message: string;
      /** As it is to be written; empty when `notices` tell it all. */
      readonly stderr: string;
      readonly notices: readonly ConfigNotice[];
      readonly exitCode: number;
    };

type Failure = Extract<Configuration, { kind: 'error' }>;

/** Where values came from, beside the values. */
interface Given {
  readonly values: GivenValues;
  readonly fromFile: boolean;
  readonly notices: readonly ConfigNotice[];
}

/** What the operator asked for: by flags over environment over defaults, or by a file alone. */
export function parseConfiguration(sources: ConfigurationSources): Configuration {
  const outcome = parseFlags(sources.argv);
  if (outcome.kind === 'help') return { kind: 'help', stdout: `${flagsText()}\n`, stderr: USAGE };
  if (outcome.kind === 'refused') {
    const { message, notices } = outcome;
    return { kind: 'error', message, stderr: `${message}\n${USAGE}`, notices, exitCode: 2 };
  }
  const { flags, notices } = outcome;
  if (flags.positional !== undefined) return refusePositional(flags.positional, notices);
  if (flags.version) return { kind: 'version', stdout: versionText(sources.build) };
  const given = gather(sources, flags, notices);
  return 'kind' in given ? given : resolve(given, sources.defaultHost);
}

function refusePositional(word: string, notices: readonly ConfigNotice[]): Failure {
  return refuse(`${JSON.stringify(word)} is not a valid flag`, notices);
}

function gather(
  sources: ConfigurationSources,
  flags: ParsedFlags,
  before: readonly ConfigNotice[],
): Given | Failure {
  const path = flags.configFile || sources.env['ETCD_CONFIG_FILE'];
  if (path !== undefined && path !== '') return gatherFile(sources, path, before);
  const outcome = parseEnvironment(sources.env, flags.given);
  const notices = [...before, ...outcome.notices];
  if (outcome.kind === 'invalid') return refuse(outcome.message, notices);
  if (outcome.kind === 'conflict') {
    const message = notices.at(-1)?.message ?? '';
    return { kind: 'error', message, stderr: '', notices, exitCode: 1 };
  }
  return { values: new Map([...outcome.given, ...flags.given]), fromFile: false, notices };
}

function gatherFile(
  sources: ConfigurationSources,
  path: string,
  before: readonly ConfigNotice[],
): Given | Failure {
  let text: string;
  try {
    text = sources.readFile(path);
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error), before);
  }
  const outcome = parseConfigFile(text);
  if (outcome.kind === 'invalid') return refuse(outcome.message, before);
  if (outcome.kind === 'badAddress') {
    const { message } = outcome;
    return { kind: 'error', message, stderr: `${message}\n`, notices: before, exitCode: 1 };
  }
  const message =
    'loaded server configuration, other configuration command line flags and environment variables will be ignored if provided';
  const notices = [...before, info(message, { path }), ...outcome.notices];
  return { values: outcome.given, fromFile: true, notices };
}

function resolve(given: Given, defaultHost: string | undefined): Configuration {
  const set = given.values;
  const values = withoutDefaultCluster(withDefaults(set), set);
  const log = logSettings(values);
  if (log.kind === 'error') return refuse(log.message, given.notices);
  const listensWithoutAdvertising =
    !given.fromFile && set.has('listen-client-urls') && !set.has('advertise-client-urls');
  const complaint = validate({ values, listensWithoutAdvertising }) ?? unsupported(values);
  if (complaint !== undefined) return refuse(complaint, given.notices);
  const compaction = autoCompaction(
    values['auto-compaction-mode'],
    values['auto-compaction-retention'],
  );
  if (compaction.kind === 'error') return refuse(compaction.message, given.notices);
  const derived = withDerivedAddresses(values, defaultHost);
  return {
    kind: 'run',
    config: assembleConfig({
      values: derived.values,
      log: log.value,
      autoCompaction: compaction.value,
    }),
    notices: [
      ...given.notices,
      ...withoutEffect(set),
      ...derived.notices,
      ...adviceOn(derived.values),
    ],
  };
}

/** A complaint goes to the log, for that is where people look who run this under a supervisor. */
function refuse(message: string, before: readonly ConfigNotice[]): Failure {
  const notices = [...before, warn('failed to verify flags', { error: message })];
  if (message === UNSET_ADVERTISE_CLIENT_URLS) {
    notices.push(warn('advertise client URLs are not set', { error: message }));
  }
  return { kind: 'error', message, stderr: '', notices, exitCode: 1 };
}
