import { randomBytes } from 'node:crypto';
import {
  Connection,
  type ConnectionEvent,
  type ConnectionLimits,
  type ConnectionSecurity,
} from '@stratumkit/connection';
import { encodeFrame } from '@stratumkit/framing';
import type { SetupConnection } from '@stratumkit/messages/common';
import {
  OpenStandardMiningChannelSuccess,
  SubmitSharesStandard,
  SubmitSharesSuccess,
} from '@stratumkit/messages/mining';
import { ResponderIdentity } from '@stratumkit/noise';
import { connect, type Link, type Listener, type ListenOptions, listen } from '../src/index.ts';

export const random = (length: number) => new Uint8Array(randomBytes(length));

export const identity = new ResponderIdentity({
  random,
  authoritySecretKey: Uint8Array.from({ length: 32 }, (_, index) => index + 1),
  certificateValiditySeconds: 3_600,
});

export type Mining = 'mining';

export const NOISE: { readonly server: ConnectionSecurity; readonly client: ConnectionSecurity } = {
  server: { type: 'noise-responder', identity, random },
  client: { type: 'noise-initiator', authorityPublicKey: identity.authorityPublicKey, random },
};
export const PLAIN: { readonly server: ConnectionSecurity; readonly client: ConnectionSecurity } = {
  server: { type: 'plain' },
  client: { type: 'plain' },
};

export const SETUP: SetupConnection = {
  protocol: 0,
  minVersion: 2,
  maxVersion: 2,
  flags: 0,
  endpointHost: '127.0.0.1',
  endpointPort: 0,
  vendor: 'stratumkit',
  hardwareVersion: 'test',
  firmware: '',
  deviceId: '',
};

export interface ResponderOptions extends Partial<ListenOptions<Mining>> {
  readonly security?: ConnectionSecurity;
  readonly limits?: Partial<ConnectionLimits>;
}

/** The least mining server there is: opens every channel, says yes to every share. */
export function startResponder(options: ResponderOptions = {}): Promise<Listener<Mining>> {
  const { security = NOISE.server, limits = {}, ...rest } = options;
  return listen<Mining>({
    host: '127.0.0.1',
    port: 0,
    createConnection: (_remote, now) =>
      new Connection<Mining>(
        {
          protocol: 'mining',
          security,
          limits,
          setup: { side: 'server', policy: () => ({ accept: true, flags: 0 }), supportedFlags: 0b111 },
        },
        now,
      ),
    onEvent: (event, link) => {
      if (event.type === 'message') answer(event.message, link);
    },
    ...rest,
  });
}

function answer(message: Extract<ConnectionEvent<Mining>, { type: 'message' }>['message'], link: Link<Mining>): void {
  switch (message.name) {
    case 'OpenStandardMiningChannel': {
      // The control device goes as fast as it is answered; its many channels pay for that.
      link.setOpenChannels(message.value.userIdentity === 'control' ? 50 : 1);
      const success = {
        requestId: message.value.requestId,
        channelId: 1,
        target: new Uint8Array(32).fill(0xff),
        extranoncePrefix: new Uint8Array(20),
        groupChannelId: 2,
      };
      link.send(encodeFrame(OpenStandardMiningChannelSuccess, success), { kind: 'reply' });
      return;
    }
    case 'SubmitSharesStandard': {
      const { channelId, sequenceNumber } = message.value;
      const success = {
        channelId,
        lastSequenceNumber: sequenceNumber,
        newSubmitsAcceptedCount: 1,
        newSharesSum: 1n,
      };
      link.send(encodeFrame(SubmitSharesSuccess, success), { kind: 'acknowledgement' });
    }
  }
}

export function share(sequenceNumber: number): Uint8Array {
  return encodeFrame(SubmitSharesStandard, {
    channelId: 1,
    sequenceNumber,
    jobId: 1,
    nonce: sequenceNumber,
    ntime: 1_790_000_000,
    version: 0x2000_0000,
  });
}

/** A link whose events can be awaited one by one. */
export class TestClient {
  readonly link: Link<Mining>;
  readonly #events: ConnectionEvent<Mining>[];
  readonly #waiting: ((event: ConnectionEvent<Mining>) => void)[];

  private constructor(
    link: Link<Mining>,
    events: ConnectionEvent<Mining>[],
    waiting: ((event: ConnectionEvent<Mining>) => void)[],
  ) {
    this.link = link;
    this.#events = events;
    this.#waiting = waiting;
  }

  static async connect(
    port: number,
    {
      security = NOISE.client,
      limits = {},
    }: { security?: ConnectionSecurity; limits?: Partial<ConnectionLimits> } = {},
  ): Promise<TestClient> {
    const events: ConnectionEvent<Mining>[] = [];
    const waiting: ((event: ConnectionEvent<Mining>) => void)[] = [];
    const link = await connect<Mining>({
      host: '127.0.0.1',
      port,
      createConnection: (now) =>
        new Connection<Mining>(
          { protocol: 'mining', security, limits, setup: { side: 'client', request: SETUP } },
          now,
        ),
      onEvent: (event) => {
        const take = waiting.shift();
        if (take === undefined) events.push(event);
        else take(event);
      },
    });
    return new TestClient(link, events, waiting);
  }

  event(): Promise<ConnectionEvent<Mining>> {
    const event = this.#events.shift();
    return event === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(event);
  }
}
