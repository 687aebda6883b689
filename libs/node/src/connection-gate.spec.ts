import { Socket } from 'node:net';

import { ConnectionGate } from './connection-gate.js';

describe('a connection gate', () => {
  const accepted: Socket[] = [];
  let gate: ConnectionGate;

  beforeEach(() => {
    accepted.length = 0;
    gate = new ConnectionGate((socket) => accepted.push(socket));
  });

  it('keeps connections until it opens, and passes later ones at once', () => {
    const [early, late] = [new Socket(), new Socket()];
    gate.acceptConnection(early);
    expect(accepted).toEqual([]);
    gate.open();
    gate.acceptConnection(late);
    expect(accepted).toEqual([early, late]);
    // The server brings its own listeners.
    expect(early.listenerCount('error')).toBe(0);
  });

  it('forgets a connection that ended while it waited', async () => {
    const impatient = new Socket();
    gate.acceptConnection(impatient);
    impatient.destroy(new Error('gone'));
    await new Promise((resolve) => impatient.once('close', resolve));
    gate.open();
    expect(accepted).toEqual([]);
  });

  it('ends the connections it keeps and those to come when the node will not be ready', () => {
    const [early, late] = [new Socket(), new Socket()];
    gate.acceptConnection(early);
    gate.refuse();
    gate.acceptConnection(late);
    gate.open();
    expect([early.destroyed, late.destroyed]).toEqual([true, true]);
    expect(accepted).toEqual([]);
  });

  it('keeps no more than 1024 connections, but has room again for each that ends', async () => {
    const sockets = Array.from({ length: 1025 }, () => new Socket());
    for (const socket of sockets) gate.acceptConnection(socket);
    expect(sockets.map((socket) => socket.destroyed).indexOf(true)).toBe(1024);
    const [first] = sockets;
    first?.destroy();
    await new Promise((resolve) => first?.once('close', resolve));
    const next = new Socket();
    gate.acceptConnection(next);
    expect(next.destroyed).toBe(false);
    gate.refuse();
  });
});
