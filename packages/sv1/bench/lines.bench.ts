import { decodeLine, encodeCall, encodeResponse, Notify, Submit, typedCall } from '@stratumkit/sv1';
import type { Bench } from 'tinybench';

const SUBMIT =
  '{"id":4,"method":"mining.submit","params":["worker.001","1f","0000002a00000000","69c4e2a1","000bee00","00c00000"]}';
const line = new TextEncoder().encode(SUBMIT);

/** The target of `mining.submit`: within three times of `JSON.parse` on the same line. */
export function register(bench: Bench): void {
  const job = {
    jobId: '1f',
    prevHash: new Uint8Array(32).fill(7),
    coinbase1: new Uint8Array(90).fill(1),
    coinbase2: new Uint8Array(150).fill(2),
    merklePath: Array.from({ length: 12 }, () => new Uint8Array(32).fill(3)),
    version: 0x20000000,
    nbits: 0x1702_ab12,
    ntime: 0x69c4_e2a1,
    cleanJobs: true,
  };
  const notify = encodeCall({ method: 'mining.notify', params: Notify.formatParams(job) }).subarray(0, -1);
  bench.add('JSON.parse of a mining.submit', () => JSON.parse(SUBMIT));
  bench.add('JSON.parse of the bytes of a mining.submit', () => JSON.parse(new TextDecoder().decode(line)));
  bench.add('decodeLine of a mining.submit', () => decodeLine(line));
  bench.add('decodeLine and typedCall of a mining.submit', () => {
    const message = decodeLine(line);
    if (message.type === 'call') typedCall(message);
  });
  const submit = {
    workerName: 'worker.001',
    jobId: '1f',
    extranonce2: new Uint8Array(8),
    ntime: 0x69c4_e2a1,
    nonce: 0xbee00,
    versionBits: 0xc0_0000,
  };
  bench.add('encodeCall of a mining.submit', () =>
    encodeCall({ id: '4', method: 'mining.submit', params: Submit.formatParams(submit) }),
  );
  bench.add('encodeResponse', () => encodeResponse('4', { result: true }));
  bench.add('decodeLine and typedCall of a mining.notify, 12 branches', () => {
    const message = decodeLine(notify);
    if (message.type === 'call') typedCall(message);
  });
  bench.add('encodeCall of a mining.notify, 12 branches', () =>
    encodeCall({ method: 'mining.notify', params: Notify.formatParams(job) }),
  );
}
