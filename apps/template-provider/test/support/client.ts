import {
  decodeTransaction,
  encodeTransaction,
  foldMerklePath,
  headerHash,
  meetsTarget,
  txid,
} from '@stratumkit/bitcoin';
import { Connection } from '@stratumkit/connection';
import { encodeFrame } from '@stratumkit/framing';
import type { TemplateDistributionMessage } from '@stratumkit/messages';
import {
  CoinbaseOutputConstraints,
  type NewTemplate,
  RequestTransactionData,
  type SetNewPrevHash,
  SubmitSolution,
} from '@stratumkit/messages/template-distribution';
import { decodeAuthorityPublicKey } from '@stratumkit/noise';
import { randomBytes } from '@stratumkit/runtime';
import type { TemplateProvider } from '@stratumkit/template-provider';
import { connect, type Link } from '@stratumkit/transport';

type ByName<N extends TemplateDistributionMessage['name']> = Extract<TemplateDistributionMessage, { name: N }>;

/** A pool as far as a template provider sees one. */
export class TestClient {
  readonly #link: Link<'template-distribution'>;
  readonly #received: TemplateDistributionMessage[] = [];
  #wake: () => void = () => undefined;
  closedBecause: string | undefined;

  constructor(link: Link<'template-distribution'>) {
    this.#link = link;
  }

  static async connect(provider: Pick<TemplateProvider, 'address' | 'authorityPublicKey'>): Promise<TestClient> {
    const { address, authorityPublicKey } = provider;
    let client: TestClient | undefined;
    const early: (() => void)[] = [];
    const link = await connect<'template-distribution'>({
      ...address,
      createConnection: (now) =>
        new Connection(
          {
            protocol: 'template-distribution',
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
                protocol: 2,
                minVersion: 2,
                maxVersion: 2,
                flags: 0,
                endpointHost: address.host,
                endpointPort: address.port,
                vendor: 'test',
                hardwareVersion: '',
                firmware: '',
                deviceId: '',
              },
            },
          },
          now,
        ),
      onEvent: (event) => {
        const apply = () => client!.#apply(event);
        if (client === undefined) early.push(apply);
        else apply();
      },
    });
    client = new TestClient(link);
    for (const apply of early) apply();
    await client.#until(() => client!.#isReady || client!.closedBecause !== undefined);
    return client;
  }

  #isReady = false;

  constrain(size = 200, sigops = 100): void {
    this.#link.send(
      encodeFrame(CoinbaseOutputConstraints, {
        coinbaseOutputMaxAdditionalSize: size,
        coinbaseOutputMaxAdditionalSigops: sigops,
      }),
    );
  }

  requestTransactions(templateId: bigint): void {
    this.#link.send(encodeFrame(RequestTransactionData, { templateId }));
  }

  submit(solution: SubmitSolution): void {
    this.#link.send(encodeFrame(SubmitSolution, solution));
  }

  /** The next message of that name; those before it are dropped. */
  async next<N extends TemplateDistributionMessage['name']>(name: N): Promise<ByName<N>['value']> {
    for (;;) {
      await this.#until(() => this.#received.length > 0 || this.closedBecause !== undefined);
      const message = this.#received.shift();
      if (message === undefined) throw new Error(`closed (${this.closedBecause}) while waiting for ${name}`);
      if (message.name === name) return message.value as ByName<N>['value'];
    }
  }

  /** The next work on a new tip. */
  async work(): Promise<{ template: NewTemplate; prevHash: SetNewPrevHash }> {
    for (;;) {
      const template = await this.next('NewTemplate');
      if (!template.futureTemplate) continue;
      return { template, prevHash: await this.next('SetNewPrevHash') };
    }
  }

  async closed(): Promise<string> {
    await this.#until(() => this.closedBecause !== undefined);
    return this.closedBecause!;
  }

  async close(): Promise<void> {
    this.#link.close('shutdown');
    await this.#link.closed;
  }

  #apply(event: Parameters<Parameters<typeof connect<'template-distribution'>>[0]['onEvent']>[0]): void {
    if (event.type === 'ready') this.#isReady = true;
    else if (event.type === 'closed') this.closedBecause = event.cause;
    // Fields are views into the socket's buffer.
    else if (event.type === 'message') this.#received.push(structuredClone(event.message));
    this.#wake();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!condition())
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
  }
}

/** Mines a template. Only for targets that a few thousand hashes meet. */
export function solve({ template, prevHash }: { template: NewTemplate; prevHash: SetNewPrevHash }): SubmitSolution {
  const coinbaseTx = encodeTransaction({
    version: template.coinbaseTxVersion,
    inputs: [
      {
        prevTxid: new Uint8Array(32),
        prevIndex: 0xffffffff,
        scriptSig: Uint8Array.of(...template.coinbasePrefix, 4, 1, 2, 3, 4),
        sequence: template.coinbaseTxInputSequence,
        witness: [new Uint8Array(32)],
      },
    ],
    outputs: [
      { value: template.coinbaseTxValueRemaining, script: Uint8Array.of(0x51) },
      { value: 0n, script: template.coinbaseTxOutputs.slice(9) },
    ],
    locktime: template.coinbaseTxLocktime,
  });
  const { version, templateId } = template;
  const { headerTimestamp: time, nbits, target } = prevHash;
  const merkleRoot = foldMerklePath(txid(decodeTransaction(coinbaseTx)), template.merklePath);
  for (let nonce = 0; ; nonce++) {
    const header = { version, prevHash: prevHash.prevHash, merkleRoot, time, nbits, nonce };
    if (meetsTarget(headerHash(header), target))
      return { templateId, version, headerTimestamp: time, headerNonce: nonce, coinbaseTx };
  }
}
