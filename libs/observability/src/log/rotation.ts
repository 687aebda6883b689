/** etcd's --log-rotation-config-json (lumberjack's settings). */
export interface LogRotation {
  /** A file that would grow beyond this is set aside first. 0 means the default, 100. */
  readonly maxSizeMegabytes: number;
  /** Files set aside longer ago are removed. 0: never because of age. */
  readonly maxAgeDays: number;
  /** More files set aside than this: the oldest go. 0: all stay. */
  readonly maxBackups: number;
  /** Whether a set-aside file's name carries local time instead of UTC. */
  readonly localTime: boolean;
  readonly compress: boolean;
}

export const DEFAULT_MAX_SIZE_MEGABYTES = 100;

type Parsed = { kind: 'ok'; rotation: LogRotation } | { kind: 'error'; message: string };

const KINDS: Readonly<Record<string, 'int' | 'bool'>> = {
  maxsize: 'int',
  maxage: 'int',
  maxbackups: 'int',
  localtime: 'bool',
  compress: 'bool',
};

/** Names are matched without regard to case, and unknown ones ignored, as Go's decoder does. */
export function parseLogRotation(json: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: 'error', message: `improperly formatted log rotation config: ${reason}` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return { kind: 'error', message: 'invalid log rotation config: json: not an object' };
  }
  const numbers: Record<string, number> = {};
  const flags: Record<string, boolean> = {};
  for (const [name, member] of Object.entries(value)) {
    const key = name.toLowerCase();
    const kind = KINDS[key];
    if (kind === undefined || member === null) continue;
    if (kind === 'int' && Number.isSafeInteger(member)) numbers[key] = Number(member);
    else if (kind === 'bool' && typeof member === 'boolean') flags[key] = member;
    else {
      const message = `invalid log rotation config: json: cannot unmarshal ${typeof member} into field ${key} of type ${kind}`;
      return { kind: 'error', message };
    }
  }
  return {
    kind: 'ok',
    rotation: {
      maxSizeMegabytes: numbers['maxsize'] ?? 0,
      maxAgeDays: numbers['maxage'] ?? 0,
      maxBackups: numbers['maxbackups'] ?? 0,
      localTime: flags['localtime'] ?? false,
      compress: flags['compress'] ?? false,
    },
  };
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `server.log` set aside at a time: `server-2026-11-21T01-02-03.456.log`. */
export function backupName(fileName: string, wallMs: number, localTime: boolean): string {
  const { stem, extension } = splitName(fileName);
  const date = new Date(wallMs);
  const stamp = localTime
    ? `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}` +
      `T${two(date.getHours())}-${two(date.getMinutes())}-${two(date.getSeconds())}` +
      `.${String(date.getMilliseconds()).padStart(3, '0')}`
    : date.toISOString().slice(0, -1).replaceAll(':', '-');
  return `${stem}-${stamp}${extension}`;
}

/** When a file was set aside, by its name; undefined for files that are none of this log's. */
export function backupTime(
  fileName: string,
  candidate: string,
  localTime: boolean,
): number | undefined {
  const { stem, extension } = splitName(fileName);
  const bare = candidate.endsWith('.gz') ? candidate.slice(0, -3) : candidate;
  if (!bare.startsWith(`${stem}-`) || !bare.endsWith(extension)) return undefined;
  const stamp = bare.slice(stem.length + 1, bare.length - extension.length);
  const match = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})$/.exec(stamp);
  if (match === null) return undefined;
  const [, day, hour, minute, second] = match;
  const time = Date.parse(`${day}T${hour}:${minute}:${second}${localTime ? '' : 'Z'}`);
  return Number.isNaN(time) ? undefined : time;
}

function splitName(fileName: string): { stem: string; extension: string } {
  const dot = fileName.lastIndexOf('.');
  return dot === -1
    ? { stem: fileName, extension: '' }
    : { stem: fileName.slice(0, dot), extension: fileName.slice(dot) };
}

export interface Backup {
  readonly name: string;
  readonly wallMs: number;
}

/** Which of the set-aside files are to go. Pure, so that the rule can be tested without a disk. */
export function expiredBackups(
  backups: readonly Backup[],
  rotation: LogRotation,
  nowMs: number,
): readonly Backup[] {
  const newestFirst = [...backups].sort((a, b) => b.wallMs - a.wallMs);
  const oldestKeptMs = nowMs - rotation.maxAgeDays * 24 * 3600 * 1000;
  return newestFirst.filter(
    (backup, position) =>
      (rotation.maxBackups > 0 && position >= rotation.maxBackups) ||
      (rotation.maxAgeDays > 0 && backup.wallMs < oldestKeptMs),
  );
}
