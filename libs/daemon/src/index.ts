export { runDaemon } from './daemon-run.js';
export type { DaemonRun, RunningService } from './daemon-run.js';
export { formatOptionHelp } from './option-help.js';
export type { OptionSection } from './option-help.js';
export { formatDuration, parseCommandLine } from './option-table.js';
export type { CommandLine, CommandOption, OptionValues } from './option-table.js';
export { errorText } from './system-error.js';
export { SYSTEM_CLOCK, SYSTEM_SCHEDULER } from './system-time.js';
