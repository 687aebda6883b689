import { readdirSync, readFileSync } from 'node:fs';
import type { MetricFactory } from './metric-factory.js';

/** sysconf(_SC_CLK_TCK), in which /proc counts; 100 on every Linux Node runs on. */
const CLOCK_TICKS_PER_SECOND = 100;
/** What the Go client prints for "unlimited": 2^64 - 1 as a double. */
const UNLIMITED = 2 ** 64;

/**
 * The process, in the names of the Go client, read at the scrape from what the kernel says.
 * Where there is no /proc the values stay 0.
 */
export function processMetrics(make: MetricFactory): void {
  make.counter('process_cpu_seconds_total', 'CPU time used, in seconds.', (counter) => {
    const { user, system } = process.cpuUsage();
    counter.inc(Math.max(0, (user + system) / 1e6 - counter.value));
  });
  make.gauge('process_resident_memory_bytes', 'Resident memory.', (gauge) =>
    gauge.set(process.memoryUsage.rss()),
  );
  make.gauge('process_virtual_memory_bytes', 'Virtual memory.', (gauge) =>
    gauge.set(statusKilobytes('VmSize') * 1024),
  );
  make.gauge('process_virtual_memory_max_bytes', 'Limit of the virtual memory.', (gauge) =>
    gauge.set(limit('Max address space')),
  );
  make
    .gauge('process_start_time_seconds', 'When the process started, in Unix seconds.')
    .set(startTimeSeconds());
  for (const name of ['process_open_fds', 'os_fd_used']) {
    make.gauge(name, 'Open file descriptors.', (gauge) => gauge.set(openDescriptors()));
  }
  for (const name of ['process_max_fds', 'os_fd_limit']) {
    make.gauge(name, 'Limit of open file descriptors.', (gauge) => gauge.set(descriptorLimit()));
  }
}

/** The soft limit of open files; 0 where the system does not tell. */
export function descriptorLimit(): number {
  return limit('Max open files');
}

function openDescriptors(): number {
  try {
    // Reading the directory holds one more open for the time of the count.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return 0;
  }
}

function limit(name: string): number {
  const line = procFile('/proc/self/limits')
    .split('\n')
    .find((candidate) => candidate.startsWith(name));
  const soft = line?.slice(name.length).trim().split(/\s+/)[0];
  if (soft === 'unlimited') return UNLIMITED;
  return soft === undefined ? 0 : Number(soft);
}

function statusKilobytes(name: string): number {
  const match = new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(procFile('/proc/self/status'));
  return Number(match?.[1] ?? 0);
}

function startTimeSeconds(): number {
  const stat = procFile('/proc/self/stat');
  // The second field is the name in parentheses and may itself hold spaces: count from its end.
  const startedTicks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? 0);
  const booted = /^btime (\d+)$/m.exec(procFile('/proc/stat'));
  return booted === null ? 0 : Number(booted[1]) + startedTicks / CLOCK_TICKS_PER_SECOND;
}

function procFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
