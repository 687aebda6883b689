import type { Dial, FailedAttempt } from '@etcd-ts/client';
import type { EtcdError } from '@etcd-ts/wire-protocol';

const two = (value: number): string => String(value).padStart(2, '0');

function wallClock(now: Date, separator: string): string {
  const date = [now.getFullYear(), two(now.getMonth() + 1), two(now.getDate())].join(separator);
  return `${date} ${[now.getHours(), now.getMinutes(), now.getSeconds()].map(two).join(':')}`;
}

/** `2026-11-21 07:59:10.113338 W | pkg/flags: ...`, with the wall clock's time. */
export function packageLogLine(level: 'W' | 'C', message: string): string {
  const now = new Date();
  const fraction = String(now.getMilliseconds() * 1000).padStart(6, '0');
  return `${wallClock(now, '-')}.${fraction} ${level} | pkg/flags: ${message}\n`;
}

/** What grpc-go logs of a connection, as far as there is something of the kind here. */
export function dialLine(dial: Dial): string {
  const line = (level: 'INFO' | 'WARNING', message: string): string =>
    `${level}: ${wallClock(new Date(), '/')} [core]${message}\n`;
  switch (dial.kind) {
    case 'begun':
      return line('INFO', `Subchannel picks a new address "${dial.endpoint}" to connect`);
    case 'connected':
      return line('INFO', 'Subchannel Connectivity change to READY');
    case 'failed': {
      const why = `Err: ${dial.error.message}. Reconnecting...`;
      const whom = `{${dial.endpoint}}`;
      return line('WARNING', `grpc: addrConn.createTransport failed to connect to ${whom}. ${why}`);
    }
  }
}

/** What etcd's client logs when a call fails. `target`: whom it talks to, in its own notation. */
export function failedAttemptLine(target: string, { attempt, error }: FailedAttempt): string {
  const line = {
    level: 'warn',
    ts: new Date().toISOString(),
    caller: 'clientv3/retry_interceptor.go:62',
    msg: 'retrying of unary invoker failed',
    target,
    attempt,
    error: statusText(error),
  };
  return `${JSON.stringify(line)}\n`;
}

function statusText(error: EtcdError): string {
  const { cause } = error;
  // Time ran out because nobody could be reached: that is what one wants to read.
  const why = cause instanceof Error ? `latest balancer error: ${cause.message}` : error.message;
  return error.toStatusText().replace(/ desc = .*$/su, () => ` desc = ${why}`);
}

/** What the original tells about its progress. */
export function infoLine(
  caller: string,
  msg: string,
  fields: Readonly<Record<string, string | number>>,
): string {
  return `${JSON.stringify({ level: 'info', ts: Date.now() / 1000, caller, msg, ...fields })}\n`;
}
