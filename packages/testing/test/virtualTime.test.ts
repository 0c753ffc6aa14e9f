import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { inVirtualTime } from '@stratumkit/testing';
import { describe, expect, it } from 'vitest';

const HOUR_MS = 3_600_000;

const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe('inVirtualTime', () => {
  it('goes to the next timer where there is nothing to do, and both clocks go with it', async () => {
    const realMs = performance.now();
    await inVirtualTime(async () => {
      const [startMs, startUnixMs] = [performance.now(), Date.now()];
      await after(24 * HOUR_MS);
      expect(performance.now() - startMs).toBe(24 * HOUR_MS);
      expect(Date.now() - startUnixMs).toBe(24 * HOUR_MS);
    });
    expect(performance.now() - realMs).toBeLessThan(HOUR_MS);
  });

  it('runs timers in the order in which they are due', async () => {
    const order: string[] = [];
    await inVirtualTime(async () => {
      const every = setInterval(() => order.push('every 30'), 30);
      const never = setTimeout(() => order.push('never'), 50);
      setTimeout(() => clearTimeout(never), 48);
      setTimeout((name: string) => order.push(name), 45, '45');
      setTimeout(() => order.push('20'), 20);
      await after(95);
      clearInterval(every);
      await after(HOUR_MS);
    });
    expect(order).toEqual(['20', 'every 30', '45', 'every 30', 'every 30']);
  });

  it('stands still while sockets of this process talk or work waits for its turn', async () => {
    const server = createServer({ noDelay: true }, (socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    await inVirtualTime(async () => {
      const startMs = performance.now();
      const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', noDelay: true });
      for (let round = 0; round < 200; round++) {
        socket.write('ping');
        await once(socket, 'data');
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(performance.now()).toBe(startMs);
      socket.destroy();
    });
    server.close();
    await once(server, 'close');
  });

  it('gives back the real timers and clocks, also after a failure, and runs once at a time', async () => {
    const before = [setTimeout, setInterval, clearTimeout, clearInterval, setImmediate, performance.now, Date.now];
    await expect(inVirtualTime(() => inVirtualTime(() => after(1)))).rejects.toThrow('virtual time runs already');
    expect([setTimeout, setInterval, clearTimeout, clearInterval, setImmediate, performance.now, Date.now]).toEqual(
      before,
    );
  });
});
