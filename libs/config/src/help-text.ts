import { FLAGS, SECTIONS } from './option-schema.js';
import type { Option } from './option-schema.js';

/** The short form: follows a bad command line, and stands beside the flags in --help. */
export const USAGE = `Usage:

  etcd [flags]
    Start an etcd server.

  etcd --version
    Show the version.

  etcd -h | --help
    Show this help.

  etcd --config-file
    Path of a configuration file (YAML or JSON). With a file, all other flags and environment
    variables are ignored.

  etcd gateway
    Pass TCP connections on to the members of a cluster.

  etcd grpc-proxy
    Stand before a cluster as a gRPC proxy that shares watches and lease keep-alives.
`;

const CAUTION: Readonly<Record<string, string>> = {
  'Unsafe feature': 'These flags give up guarantees that clients rely on.',
  'Earlier releases':
    'Flags that etcd 3.7 no longer has, accepted at their defaults so that old unit files start.',
};

/** All flags by section, each with its default and its meaning. */
export function flagsText(): string {
  const blocks = SECTIONS.map((section) => {
    const options = FLAGS.filter((option) => option.section === section);
    const caution = CAUTION[section] === undefined ? '' : `  (${CAUTION[section]})\n`;
    return `${section}:\n${caution}${options.map(flagText).join('')}`;
  });
  return `\n${blocks.join('\n')}`;
}

function flagText(option: Option): string {
  const lines = [
    `  --${option.name} '${option.shownDefault ?? option.default}'`,
    `    ${option.help}`,
  ];
  const remark = supportText(option);
  if (remark !== undefined) lines.push(`    ${remark}`);
  return lines.map((line) => `${line}\n`).join('');
}

function supportText({ support }: Option): string | undefined {
  if (support === 'supported') return undefined;
  if (support === 'later') return 'Not supported yet: only the default is accepted.';
  if ('without' in support) return `Only the default is accepted: ${support.without}.`;
  return undefined;
}
