import { openClients } from '../../pool/bench/support/clients.ts';
import type { LeanClient } from '../../pool/bench/support/leanClient.ts';
import { ServerProcess } from '../../pool/bench/support/serverProcess.ts';
import { quantile } from '../../pool/bench/support/statistics.ts';
import { allArrived } from '../../pool/bench/support/tips.ts';
import type { ProxyMode } from './support/protocol.ts';
import { ProxyProcess } from './support/proxyProcess.ts';

const DEVICES = 1_000;
const TIPS = 20;
const WARM_UP_TIPS = 5;

/**
 * From the provider's SetNewPrevHash to its arrival at the last of 1,000 devices, direct and through a proxy, turn by turn. A hop is
 * what a proxy adds for a single device. Then what an idle device holds in the proxy.
 */
export async function run() {
  return [...(await measure('aggregating')), ...(await measure('transparent'))];
}

async function measure(mode: ProxyMode) {
  const [direct, proxied] = [await ServerProcess.start(), await ServerProcess.start()];
  const proxy = await ProxyProcess.start(proxied.port, mode);
  const one = [await openClients(direct.port, 1), await openClients(proxy.port, 1)] as const;
  const single = await alternate(direct, one[0], proxied, one[1]);
  const before = await proxy.measure();
  const all = [
    [...one[0], ...(await openClients(direct.port, DEVICES - 1))],
    [...one[1], ...(await openClients(proxy.port, DEVICES - 1))],
  ] as const;
  const after = await proxy.measure();
  const many = await alternate(direct, all[0], proxied, all[1]);
  for (const client of all.flat()) client.close();
  await proxy.stop();
  for (const server of [direct, proxied]) await server.stop();

  const hop = median(single.proxied) - median(single.direct);
  const kib = (bytes: number) => bytes / 1024 / (DEVICES - 1);
  return [
    row(`${mode}: SetNewPrevHash to the last of ${DEVICES}, direct`, many.direct),
    row(`${mode}: the same through the proxy`, many.proxied),
    row(`${mode}: SetNewPrevHash to a single device, direct`, single.direct),
    row(`${mode}: the same through the proxy`, single.proxied),
    {
      name: `${mode}: through the proxy without its hop, by direct`,
      unit: 'x',
      median: (median(many.proxied) - hop) / median(many.direct),
    },
    { name: `${mode}: memory of a device: resident`, unit: 'KiB', median: kib(after.rss - before.rss) },
    { name: `${mode}: memory of a device: heap and buffers`, unit: 'KiB', median: kib(after.held - before.held) },
  ];
}

async function alternate(
  direct: ServerProcess,
  directClients: readonly LeanClient[],
  proxied: ServerProcess,
  proxiedClients: readonly LeanClient[],
): Promise<{ readonly direct: readonly number[]; readonly proxied: readonly number[] }> {
  const latencies = { direct: [] as number[], proxied: [] as number[] };
  for (let tip = 0; tip < WARM_UP_TIPS + TIPS; tip++) {
    const [first, second] = [await newTip(direct, directClients), await newTip(proxied, proxiedClients)];
    if (tip < WARM_UP_TIPS) continue;
    latencies.direct.push(first);
    latencies.proxied.push(second);
  }
  return latencies;
}

async function newTip({ provider }: ServerProcess, clients: readonly LeanClient[]): Promise<number> {
  const announced = clients.map((client) => {
    const jobs = client.jobs + 1;
    return client.until(() => client.jobs >= jobs);
  });
  provider.announce();
  await Promise.all(announced);
  const arrived = allArrived(clients);
  const start = performance.now();
  provider.activate();
  const latency = (await arrived) - start;
  for (const client of clients) {
    client.onRawInput = undefined;
    client.workOff();
  }
  return latency;
}

const median = (samples: readonly number[]) => quantile(samples, 0.5);

function row(name: string, samples: readonly number[]) {
  const [middle, p95, best] = [0.5, 0.95, 0].map((part) => quantile(samples, part)) as [number, number, number];
  return { name, unit: 'ms', median: middle, p95, best, samples: samples.length };
}
