import type { RawData, WebSocket } from 'ws';

/** Messages held while a call looks at the one before; then the connection is not read on. */
const MAX_HELD_MESSAGES = 8;

/** What the client sends, as text whatever its frames say. Ends when the socket is closed. */
export function textsOf(socket: WebSocket): AsyncIterable<string> {
  const held: string[] = [];
  let isClosed = false;
  let wake: () => void = () => undefined;
  socket.on('message', (data: RawData) => {
    held.push(textOf(data));
    if (held.length >= MAX_HELD_MESSAGES) socket.pause();
    wake();
  });
  socket.once('close', () => {
    isClosed = true;
    wake();
  });
  return {
    async *[Symbol.asyncIterator]() {
      for (;;) {
        const text = held.shift();
        if (text !== undefined) {
          if (socket.isPaused) socket.resume();
          yield text;
        } else if (isClosed) return;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    },
  };
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString('utf8');
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString('utf8');
}
