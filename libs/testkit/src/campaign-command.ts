import { parseCommandLine } from '@etcd-ts/daemon';
import type { CommandOption, OptionValues } from '@etcd-ts/daemon';

type Print = (line: string) => void;

interface CampaignCommand<Table extends readonly CommandOption[]> {
  /** As in `npm run NAME`. */
  readonly name: string;
  /** One line for people. */
  readonly purpose: string;
  readonly options: Table;
  /** What is wrong with options that are right each by itself. */
  readonly complaint?: (values: OptionValues<Table>) => string | undefined;
  /** Resolves with an exit code, 0 when it has none. */
  readonly run: (values: OptionValues<Table>, print: Print) => Promise<number | void>;
}

const FAILED = 1;
/** Asked for in a way that cannot be done; nothing was run. */
const NOT_UNDERSTOOD = 2;

const COLUMN = 28;

/** Seeds that differ from run to run; each run says which it had. */
export const SEED_OF_THE_CLOCK = {
  name: 'seed',
  kind: 'count',
  default: String(Date.now() % 1_000_000),
  help: 'that of another run; by the clock unless said',
} as const satisfies CommandOption;

/**
 * A program that runs a campaign, from its command line to its exit code. Whatever is wrong with the
 * options is said before anything runs: a campaign of no rounds would look like one without a finding.
 */
export async function campaignExitCode<const Table extends readonly CommandOption[]>(
  command: CampaignCommand<Table>,
  argv: readonly string[],
  streams: { readonly stdout: Print; readonly stderr: Print },
): Promise<number> {
  const refuse = (complaint: string): number => {
    streams.stderr(`${command.name}: ${complaint}\n${usageOf(command)}`);
    return NOT_UNDERSTOOD;
  };
  const parsed = parseCommandLine(command.options, { argv, env: {}, envPrefix: '' });
  if (parsed.kind === 'help') {
    streams.stdout(usageOf(command));
    return 0;
  }
  if (parsed.kind === 'version') return refuse('unknown option: --version');
  if (parsed.kind === 'error') return refuse(parsed.message);
  const [operand] = parsed.operands;
  if (operand !== undefined) return refuse(`${JSON.stringify(operand)} is not an option`);
  const complaint = command.complaint?.(parsed.values);
  if (complaint !== undefined) return refuse(complaint);
  try {
    return (await command.run(parsed.values, streams.stdout)) ?? 0;
  } catch (error) {
    streams.stderr(error instanceof Error ? (error.stack ?? error.message) : String(error));
    return FAILED;
  }
}

/** The same for this process, which it ends. */
export async function runCampaignCommand<const Table extends readonly CommandOption[]>(
  command: CampaignCommand<Table>,
): Promise<never> {
  const exitCode = await campaignExitCode(command, process.argv.slice(2), {
    stdout: (line) => void process.stdout.write(`${line}\n`),
    stderr: (line) => void process.stderr.write(`${line}\n`),
  });
  process.exit(exitCode);
}

function usageOf({ name, purpose, options }: CampaignCommand<readonly CommandOption[]>): string {
  const lines = options.map((option) => {
    const { kind, placeholder = kind.toUpperCase(), help } = option;
    const head = `  --${option.name}${kind === 'switch' ? '' : ` ${placeholder}`}`;
    return `${head.padEnd(COLUMN)} ${help}${fallbackOf(option)}`;
  });
  return [`usage: npm run ${name} -- [options]     ${purpose}`, ...lines].join('\n');
}

const fallbackOf = (option: CommandOption): string =>
  option === SEED_OF_THE_CLOCK || option.kind === 'switch' || option.default === ''
    ? ''
    : ` (${option.default} unless said)`;
