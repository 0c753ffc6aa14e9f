import { headerHash, meetsTarget } from '@stratumkit/bitcoin';
import type { CloseCause } from '@stratumkit/connection';
import { Connection } from '@stratumkit/connection';
import type { MiningMessage } from '@stratumkit/messages';
import { decodeAuthorityPublicKey } from '@stratumkit/noise';
import { MiningClient, type MiningClientOutput, merkleRootOf } from '@stratumkit/roles';
import { randomBytes } from '@stratumkit/runtime';
import { connect, type Link } from '@stratumkit/transport';
import { BLOCK_TARGET } from './testProvider.ts';

const ANY_TARGET = new Uint8Array(32).fill(0xff);

export interface MinerOptions {
  readonly address: { readonly host: string; readonly port: number };
  /** base58check; plain when absent. */
  readonly authorityPublicKey: string | undefined;
  readonly flags?: number;
  readonly extensions?: readonly number[];
}

/** A miner on real sockets that does one thing at a time. */
export class TestMiner {
  readonly messages: string[] = [];
  readonly outputs: MiningClientOutput[] = [];
  closedBecause: CloseCause | undefined;
  client!: MiningClient;
  #link!: Link<'mining'>;
  #wake: () => void = () => undefined;

  static async connect(options: MinerOptions): Promise<TestMiner> {
    const miner = new TestMiner();
    const { address, authorityPublicKey, flags = 0, extensions } = options;
    miner.#link = await connect<'mining'>({
      ...address,
      createConnection: (now) =>
        new Connection(
          {
            protocol: 'mining',
            security:
              authorityPublicKey === undefined
                ? { type: 'plain' }
                : {
                    type: 'noise-initiator',
                    authorityPublicKey: decodeAuthorityPublicKey(authorityPublicKey),
                    random: randomBytes,
                  },
            setup: {
              side: 'client',
              request: {
                protocol: 0,
                minVersion: 2,
                maxVersion: 2,
                flags,
                endpointHost: address.host,
                endpointPort: address.port,
                vendor: 'test',
                hardwareVersion: '',
                firmware: '',
                deviceId: '',
              },
              ...(extensions === undefined ? {} : { extensions: { requested: extensions } }),
            },
          },
          now,
        ),
      onEvent: (event, link, now) => {
        if (event.type === 'ready') {
          const { flags: serverFlags, extensions: granted } = event;
          miner.client = new MiningClient({ connection: link.id, serverFlags, extensions: granted });
        } else if (event.type === 'message') {
          miner.messages.push(event.message.name);
          miner.outputs.push(...miner.client.handle(event.message as MiningMessage, now));
        } else if (event.type === 'closed') miner.closedBecause = event.cause;
        miner.#wake();
      },
    });
    await miner.until(() => miner.client !== undefined || miner.closedBecause !== undefined);
    return miner;
  }

  /** Opens a channel and waits until there is work on it; returns its id. */
  async open(kind: 'standard' | 'extended', userIdentity = 'test'): Promise<number> {
    const { requestId, output } = this.client.open({
      kind,
      userIdentity,
      nominalHashrate: 0,
      maxTarget: ANY_TARGET,
      minExtranonceSize: 4,
    });
    this.#link.send(output.frame);
    const opened = () => this.of('opened').find((candidate) => candidate.requestId === requestId);
    await this.until(() => opened()?.channel.work !== undefined || this.of('refused').length > 0);
    const refused = this.of('refused')[0];
    if (refused !== undefined) throw new Error(refused.errorCode);
    return opened()!.channel.channelId;
  }

  /** Searches the channel's work for a share, or for a block, and submits it. */
  mine(channelId: number, wanted: 'share' | 'block', worker?: string): void {
    const { work } = this.client.channels.get(channelId)!;
    if (work === undefined) throw new Error('no work');
    const { job, tip, minNtime: ntime, target, extranonceSize } = work;
    const extranonce = randomBytes(extranonceSize);
    const merkleRoot = merkleRootOf(job, extranonce);
    const { jobId, version } = job;
    for (let nonce = 0; ; nonce++) {
      const { prevHash, nbits } = tip;
      const hash = headerHash({ version, prevHash, merkleRoot, time: ntime, nbits, nonce });
      if (!meetsTarget(hash, target) || meetsTarget(hash, BLOCK_TARGET) !== (wanted === 'block')) continue;
      const share = { jobId, nonce, ntime, version, extranonce, ...(worker === undefined ? {} : { worker }) };
      this.#link.send(this.client.submit(channelId, share)!.output.frame);
      return;
    }
  }

  send(frame: Uint8Array): void {
    this.#link.send(frame);
  }

  of<Type extends MiningClientOutput['type']>(type: Type): Extract<MiningClientOutput, { type: Type }>[] {
    return this.outputs.filter((output): output is Extract<MiningClientOutput, { type: Type }> => output.type === type);
  }

  get accepted(): number {
    return this.of('accepted').reduce((sum, { count }) => sum + count, 0);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async close(): Promise<void> {
    this.#link.close('shutdown');
    await this.#link.closed;
  }
}
