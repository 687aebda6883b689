import { DescriptorSink, MAX_PENDING_LOG_BYTES } from './sink.js';

function failure(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** An output that takes `capacity` bytes a time, or answers the error it is told to. */
class FakeOutput {
  taken = '';
  capacity = Infinity;
  error: string | undefined;

  readonly write = (bytes: Uint8Array): number => {
    if (this.error !== undefined) throw failure(this.error);
    const part = bytes.subarray(0, this.capacity);
    this.taken += Buffer.from(part).toString();
    return part.length;
  };
}

const sinkOn = (output: FakeOutput): DescriptorSink =>
  new DescriptorSink(output.write, (count) => `dropped ${count}\n`);

describe('a sink', () => {
  it('has written the line when it returns', () => {
    const output = new FakeOutput();
    sinkOn(output).write('one\n');
    expect(output.taken).toBe('one\n');
  });

  it('finishes what the output takes only in parts', () => {
    const output = new FakeOutput();
    output.capacity = 2;
    const sink = sinkOn(output);
    sink.write('first\n');
    sink.write('second\n');
    expect(output.taken).toBe('first\nsecond\n');
  });

  it('keeps lines for a pipe that is full, in their order', () => {
    const output = new FakeOutput();
    const sink = sinkOn(output);
    output.error = 'EAGAIN';
    sink.write('one\n');
    sink.write('two\n');
    output.error = undefined;
    sink.write('three\n');
    expect(output.taken).toBe('one\ntwo\nthree\n');
    sink.close();
  });

  it('keeps no more than its limit, and says later how many lines are missing', () => {
    const output = new FakeOutput();
    const sink = sinkOn(output);
    output.error = 'EAGAIN';
    const line = `${'x'.repeat(1023)}\n`;
    const fitting = MAX_PENDING_LOG_BYTES / line.length;
    for (let i = 0; i < fitting + 3; i++) sink.write(line);
    expect(sink.droppedLines).toBe(3);
    output.error = undefined;
    sink.flush();
    expect(output.taken.length).toBe(MAX_PENDING_LOG_BYTES);
    output.taken = '';
    sink.write('after\n');
    expect(output.taken).toBe('dropped 3\nafter\n');
    sink.close();
  });

  it.each(['ENOSPC', 'EPIPE', 'EIO'])('survives %s, and tells the gap afterwards', (code) => {
    const output = new FakeOutput();
    const sink = sinkOn(output);
    output.error = code;
    sink.write('lost\n');
    sink.write('lost too\n');
    output.error = undefined;
    sink.write('back\n');
    expect(output.taken).toBe('dropped 2\nback\n');
    expect(sink.droppedLines).toBe(0);
  });

  it('gives up a flush to a pipe nobody reads after a bounded time', () => {
    const output = new FakeOutput();
    const sink = sinkOn(output);
    output.error = 'EAGAIN';
    sink.write('x\n');
    const begun = performance.now();
    sink.flush();
    expect(performance.now() - begun).toBeLessThan(5000);
    sink.close();
  });
});
