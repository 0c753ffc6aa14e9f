import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

const GREETING =
  '{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]}\n' +
  '{"id":2,"method":"mining.subscribe","params":["bench/1"]}\n' +
  '{"id":3,"method":"mining.authorize","params":["bench.worker","x"]}\n';
const NOTIFY = '{"id":null,"method":"mining.notify","params":["';

/** An SV1 miner that hashes nothing and understands as little as it can: its time is not the translator's. */
export class LeanMiner {
  readonly ready: Promise<void>;
  readonly socket: Socket;
  jobs = 0;
  cleanJobs = 0;
  accepted = 0;
  refused = 0;
  /** Takes the place of everything else while it is set. */
  onRawInput: (() => void) | undefined;
  #jobId = '';
  #ntime = '';
  #nonce = 0;
  #rest = '';
  #waiting: { readonly done: () => boolean; readonly settle: () => void }[] = [];

  constructor(port: number) {
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text) => this.#receive(String(text)));
    this.socket.on('error', () => undefined);
    this.socket.write(GREETING);
    this.ready = this.until(() => this.jobs > 0);
  }

  get bytes(): number {
    return this.socket.bytesRead + this.socket.bytesWritten;
  }

  /** So many shares of the present job as they go on the wire. */
  shares(count: number): string {
    let text = '';
    for (let index = 0; index < count; index++) {
      const nonce = (this.#nonce++).toString(16).padStart(8, '0');
      text += `{"id":4,"method":"mining.submit","params":["bench.worker","${this.#jobId}","00000001","${this.#ntime}","${nonce}","00000000"]}\n`;
    }
    return text;
  }

  /** Sends without waiting; resolves when all are answered. */
  async pipeline(bursts: readonly string[], perBurst: number): Promise<void> {
    const wanted = this.accepted + this.refused + bursts.length * perBurst;
    const answered = this.until(() => this.accepted + this.refused >= wanted);
    for (const burst of bursts) if (!this.socket.write(burst, 'latin1')) await once(this.socket, 'drain');
    await answered;
  }

  until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((settle) => {
      this.#waiting.push({ done, settle });
    });
  }

  close(): void {
    this.socket.destroy();
  }

  #receive(text: string): void {
    this.onRawInput?.();
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#line(line);
    const waiting = this.#waiting;
    this.#waiting = waiting.filter(({ done }) => !done());
    for (const each of waiting) if (!this.#waiting.includes(each)) each.settle();
  }

  #line(line: string): void {
    if (line.startsWith('{"id":4,')) {
      if (line.startsWith('{"id":4,"result":true')) this.accepted++;
      else this.refused++;
    } else if (line.startsWith(NOTIFY)) {
      this.jobs++;
      this.#jobId = line.slice(NOTIFY.length, line.indexOf('"', NOTIFY.length));
      const isClean = line.endsWith('true]}');
      if (isClean) this.cleanJobs++;
      const end = line.lastIndexOf('"');
      this.#ntime = line.slice(end - 8, end);
    }
  }
}

/** Opens connections in groups, so that the server's queue of new ones does not overflow. */
export async function openMiners(port: number, count: number): Promise<readonly LeanMiner[]> {
  const miners: LeanMiner[] = [];
  while (miners.length < count) {
    const group = Array.from({ length: Math.min(100, count - miners.length) }, () => new LeanMiner(port));
    await Promise.all(group.map(({ ready }) => ready));
    miners.push(...group);
  }
  return miners;
}
