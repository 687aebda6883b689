import type { FailedAttempt } from '@etcd-ts/client';
import type { EtcdError } from '@etcd-ts/wire-protocol';

/** `2026-11-21 07:59:10.113338 W | pkg/flags: ...`, with the wall clock's time. */
export function packageLogLine(level: 'W' | 'C', message: string): string {
  const now = new Date();
  const two = (value: number): string => String(value).padStart(2, '0');
  const date = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const time = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
  const fraction = String(now.getMilliseconds() * 1000).padStart(6, '0');
  return `${date} ${time}.${fraction} ${level} | pkg/flags: ${message}\n`;
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
