import type { EndpointUrl } from './endpoint-url.js';

/** What kind of value an option takes. Lists are comma separated as flag, sequences in the file. */
export type OptionKind =
  | 'bool'
  | 'int'
  | 'uint'
  | 'uint32'
  | 'duration'
  | 'string'
  | 'list'
  | 'urls'
  | 'choice'
  /** Feature gates: `Name=true,Other=false`. */
  | 'gates';

export interface ValueByKind {
  readonly bool: boolean;
  readonly int: number;
  readonly uint: number;
  readonly uint32: number;
  /** Milliseconds. */
  readonly duration: number;
  readonly string: string;
  readonly list: readonly string[];
  readonly urls: readonly EndpointUrl[];
  readonly choice: string;
  /** Checked, and as written. */
  readonly gates: string;
}

export type OptionValue = ValueByKind[OptionKind];

export type OptionSection =
  | 'Member'
  | 'Clustering'
  | 'Security'
  | 'Auth'
  | 'Profiling and Monitoring'
  | 'Logging'
  | 'Distributed tracing'
  | 'Features'
  | 'Maintenance'
  | 'Unsafe feature'
  | 'Earlier releases';

/**
 * - `supported`: does what it says.
 * - `later`: the feature is not built yet. Unset or at its default the flag is accepted, for then it
 *   asks for nothing; any other value stops the start, so that nobody believes to have it.
 * - `{ without }`: as `later`, for what this program will not have; the text says why.
 * - `{ ignored }`: accepted with any value and without effect, as in etcd itself; warned about.
 */
export type OptionSupport =
  'supported' | 'later' | { readonly without: string } | { readonly ignored: string };

/** The place of an option in the configuration file, when it is not a top-level key of its name. */
export interface FilePlace {
  readonly section: 'client-transport-security' | 'peer-transport-security' | 'socket-options';
  readonly key: string;
}

export interface OptionDescriptor {
  /** As on the command line, without dashes; the environment variable and file key follow. */
  readonly name: string;
  readonly kind: OptionKind;
  /** In the syntax of the command line. */
  readonly default: string;
  readonly section: OptionSection;
  readonly help: string;
  /** First release of etcd that has the option; absent: 3.4 or earlier. */
  readonly since?: '3.5' | '3.6' | '3.7';
  /** Release of etcd that no longer has it. */
  readonly removed?: '3.5' | '3.6' | '3.7' | '3.8';
  readonly support: OptionSupport;
  /** For `choice`. */
  readonly choices?: readonly string[];
  /** Spellings that mean what the default means. */
  readonly sameAsDefault?: readonly string[];
  /** Name in earlier releases; still accepted, with a warning. */
  readonly formerName?: string;
  /** `null`: the file cannot carry this option. */
  readonly file?: FilePlace | null;
  /** Neither a flag nor an environment variable: the file alone can carry it. */
  readonly fileOnly?: true;
  /** Shown by --help in place of the default. */
  readonly shownDefault?: string;
}
