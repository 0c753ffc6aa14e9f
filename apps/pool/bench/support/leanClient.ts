import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { fastCrypto } from '@stratumkit/accelerate';
import { decodeFrameHeader, encodeFrame } from '@stratumkit/framing';
import { SetupConnection, SetupConnectionSuccess } from '@stratumkit/messages/common';
import {
  NewExtendedMiningJob,
  NewMiningJob,
  OpenExtendedMiningChannel,
  OpenExtendedMiningChannelSuccess,
  OpenStandardMiningChannel,
  OpenStandardMiningChannelSuccess,
  SetNewPrevHash,
  SubmitSharesError,
  SubmitSharesExtended,
  SubmitSharesStandard,
  SubmitSharesSuccess,
} from '@stratumkit/messages/mining';
import { ACT2_SIZE, NoiseInitiator, type NoiseSession, SEALED_HEADER_SIZE } from '@stratumkit/noise';
import { randomBytes } from '@stratumkit/runtime';

const ANY_TARGET = new Uint8Array(32).fill(0xff);
const VERSION = 0x20000000;
const MIN_NTIME_AT = 8;

/** As little of a client as will do: its time must not be what is measured. */
export class LeanClient {
  channelId = 0;
  jobId = 0;
  jobs = 0;
  tips = 0;
  ntime = 0;
  extranonceSize = 0;
  acknowledged = 0;
  refused = 0;
  readonly frames = { sent: 0, received: 0 };
  /** Called after input was worked off. */
  onInput: () => void = () => undefined;
  /** While set, input is kept and only its arrival is told. */
  onRawInput: (() => void) | undefined;
  readonly #socket: Socket;
  readonly #kind: 'standard' | 'extended';
  readonly #channels: number;
  readonly #flags: number;
  readonly #initiator: NoiseInitiator;
  #session: NoiseSession | undefined;
  #input: Buffer = Buffer.alloc(0);
  #payloadLength: number | undefined;
  #messageType = 0;
  #sequenceNumber = 0;

  /** `flags` of its SetupConnection; shares go to the last of the `channels` that it opens. */
  constructor(port: number, kind: 'standard' | 'extended' = 'standard', channels = 1, flags = 0) {
    this.#kind = kind;
    this.#channels = channels;
    this.#flags = flags;
    this.#initiator = new NoiseInitiator({
      crypto: fastCrypto,
      random: randomBytes,
      authorityPublicKey: 'unverified',
    });
    const act1 = this.#initiator.start();
    this.#socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.#socket.write(act1);
    this.#socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    this.#socket.on('error', () => undefined);
  }

  /** On the wire, handshake included. */
  get bytes(): number {
    return this.#socket.bytesRead + this.#socket.bytesWritten;
  }

  /** Resolves when there is a channel with a job on a tip. */
  get ready(): Promise<void> {
    return this.until(() => this.tips > 0);
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const fail = () => reject(new Error('the server closed the connection'));
      this.#socket.once('close', fail);
      const look = () => {
        if (!condition()) return;
        this.onInput = () => undefined;
        this.#socket.off('close', fail);
        resolve();
      };
      this.onInput = look;
      look();
    });
  }

  /** Sealed shares, each with a nonce of its own; must be written before anything else is sealed. */
  sealShares(count: number): Uint8Array {
    const frames = Array.from({ length: count }, () => this.#nextShare());
    const session = this.#session!;
    const out = new Uint8Array(frames.reduce((size, frame) => size + session.sealedSize(frame.length), 0));
    let offset = 0;
    for (const frame of frames) offset = session.seal(frame, out, offset);
    this.frames.sent += count;
    return out;
  }

  /** False while the socket's buffer is full. */
  write(bytes: Uint8Array): boolean {
    return this.#socket.write(bytes);
  }

  get drained(): Promise<unknown> {
    return once(this.#socket, 'drain');
  }

  close(): void {
    this.#socket.destroy();
  }

  #nextShare(): Uint8Array {
    const { channelId, jobId, ntime, extranonceSize } = this;
    const sequenceNumber = ++this.#sequenceNumber;
    const share = { channelId, jobId, ntime, sequenceNumber, nonce: sequenceNumber, version: VERSION };
    if (this.#kind === 'standard') return encodeFrame(SubmitSharesStandard, share);
    const extranonce = new Uint8Array(extranonceSize);
    new DataView(extranonce.buffer).setUint32(0, sequenceNumber);
    return encodeFrame(SubmitSharesExtended, { ...share, extranonce });
  }

  #send(frame: Uint8Array): void {
    const out = new Uint8Array(this.#session!.sealedSize(frame.length));
    this.#session!.seal(frame, out, 0);
    this.frames.sent++;
    this.#socket.write(out);
  }

  #receive(chunk: Buffer): void {
    this.#input = this.#input.length === 0 ? chunk : Buffer.concat([this.#input, chunk]);
    if (this.onRawInput !== undefined) this.onRawInput();
    else this.workOff();
  }

  /** Opens what has come. */
  workOff(): void {
    let at = 0;
    for (;;) {
      if (this.#session === undefined) {
        if (this.#input.length < ACT2_SIZE) break;
        this.#session = this.#initiator.finish(this.#input.subarray(0, ACT2_SIZE), Math.floor(Date.now() / 1000));
        at = ACT2_SIZE;
        this.#setUp();
      }
      if (this.#payloadLength === undefined) {
        if (this.#input.length - at < SEALED_HEADER_SIZE) break;
        const header = decodeFrameHeader(this.#session.openHeader(this.#input.subarray(at, at + SEALED_HEADER_SIZE)));
        at += SEALED_HEADER_SIZE;
        this.#payloadLength = header.length;
        this.#messageType = header.messageType;
      }
      const size = this.#session.payloadCiphertextSize(this.#payloadLength);
      if (this.#input.length - at < size) break;
      const payload = this.#session.openPayload(this.#input.subarray(at, at + size));
      at += size;
      this.#payloadLength = undefined;
      this.#handle(payload);
    }
    this.#input = this.#input.subarray(at);
    this.onInput();
  }

  #setUp(): void {
    this.#send(
      encodeFrame(SetupConnection, {
        protocol: 0,
        minVersion: 2,
        maxVersion: 2,
        flags: this.#flags,
        endpointHost: '127.0.0.1',
        endpointPort: 0,
        vendor: 'bench',
        hardwareVersion: '',
        firmware: '',
        deviceId: '',
      }),
    );
  }

  #open(requestId: number): void {
    const request = { requestId, userIdentity: 'bench', nominalHashRate: 0, maxTarget: ANY_TARGET };
    if (this.#kind === 'standard') this.#send(encodeFrame(OpenStandardMiningChannel, request));
    else this.#send(encodeFrame(OpenExtendedMiningChannel, { ...request, minExtranonceSize: 8 }));
  }

  #handle(payload: Uint8Array): void {
    this.frames.received++;
    switch (this.#messageType) {
      case SetupConnectionSuccess.messageType:
        for (let requestId = 1; requestId <= this.#channels; requestId++) this.#open(requestId);
        return;
      case OpenStandardMiningChannelSuccess.messageType:
        this.channelId = OpenStandardMiningChannelSuccess.decode(payload).channelId;
        return;
      case OpenExtendedMiningChannelSuccess.messageType: {
        const { channelId, extranonceSize } = OpenExtendedMiningChannelSuccess.decode(payload);
        this.channelId = channelId;
        this.extranonceSize = extranonceSize;
        return;
      }
      case NewExtendedMiningJob.messageType:
      case NewMiningJob.messageType:
        this.jobs++;
        // Both begin with channel, job and the optional min_ntime.
        if (payload[MIN_NTIME_AT] === 1)
          this.jobId = new DataView(payload.buffer, payload.byteOffset).getUint32(4, true);
        return;
      case SetNewPrevHash.messageType: {
        const { jobId, minNtime } = SetNewPrevHash.decode(payload);
        this.jobId = jobId;
        this.ntime = minNtime;
        this.tips++;
        return;
      }
      case SubmitSharesSuccess.messageType:
        this.acknowledged += SubmitSharesSuccess.decode(payload).newSubmitsAcceptedCount;
        return;
      case SubmitSharesError.messageType:
        this.refused++;
        if (this.refused === 1) console.error(SubmitSharesError.decode(payload));
    }
  }
}
