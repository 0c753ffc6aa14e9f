import { formatJson, fromHex, toHex } from '@stratumkit/codec';
import { decodeFrameHeader, FRAME_HEADER_SIZE, FrameSplitter, MAX_PAYLOAD_SIZE } from '@stratumkit/framing';
import { definitionOf, type Protocol } from '@stratumkit/messages';
import { decodeLine, typedCall } from '@stratumkit/sv1';
import { showBytes } from './run/show.ts';
import { type DecodedFrame, decodeFrame, frameTitle } from './wire/decode.ts';

/** What bytes say, and what of them says nothing. */
export interface DescribedBytes {
  readonly text: string;
  /** Frames that are cut or broken, and lines that are no JSON-RPC. */
  readonly faults: number;
}

/** Any number of SV2 frames, or SV1 lines, in readable form. `protocol` tells which messages may be among them. */
export function describeBytes(bytes: Uint8Array, protocol?: Protocol): DescribedBytes {
  return bytes[0] === 0x7b ? describeLines(bytes) : describeFrames(bytes, protocol);
}

/** Hexadecimal digits, with or without blanks and `0x`; or undefined if the text is something else. */
export function parseHexText(text: string): Uint8Array | undefined {
  const digits = text.replaceAll(/\s|0x|[,:]/gi, '');
  return /^(?:[0-9a-f]{2})+$/i.test(digits) ? fromHex(digits) : undefined;
}

function describeFrames(bytes: Uint8Array, protocol: Protocol | undefined): DescribedBytes {
  const splitter = new FrameSplitter({ maxPayloadSize: () => MAX_PAYLOAD_SIZE });
  splitter.push(bytes);
  const parts: string[] = [];
  let taken = 0;
  let faults = 0;
  for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) {
    taken += FRAME_HEADER_SIZE + frame.payload.length;
    const decoded = decodeFrame(frame);
    if (decoded.error !== undefined) faults++;
    parts.push(describeFrame(decoded, protocol));
  }
  if (taken < bytes.length) {
    faults++;
    parts.push(describeCut(bytes.subarray(taken)));
  }
  return { text: parts.join('\n'), faults };
}

function describeCut(rest: Uint8Array): string {
  const count = rest.length === 1 ? '1 byte that is' : `${rest.length} bytes that are`;
  const lacks =
    rest.length < FRAME_HEADER_SIZE
      ? `a header has ${FRAME_HEADER_SIZE}`
      : `the header claims a payload of ${decodeFrameHeader(rest).length}, ${rest.length - FRAME_HEADER_SIZE} follow`;
  return `${count} no whole frame (${lacks}): ${showBytes(rest)}\n`;
}

function describeFrame(decoded: DecodedFrame, protocol: Protocol | undefined): string {
  const { frame, definition, json, rest, error } = decoded;
  const { extensionType, channelMessage, messageType, payload } = frame;
  const foreign = protocol !== undefined && definitionOf(protocol, extensionType, messageType) === undefined;
  const lines = [
    frameTitle(decoded) + (foreign && definition !== undefined ? `, which is no message of ${protocol}` : ''),
    `  extension_type ${extensionType}, channel_msg ${channelMessage}, ${payload.length} bytes of payload`,
  ];
  if (definition !== undefined && definition.channelMessage !== channelMessage) {
    lines.push(`  the channel_msg bit of this message is ${definition.channelMessage} by the specification`);
  }
  if (error !== undefined) lines.push(`  broken: ${error}`);
  if (json === undefined) lines.push(`  ${toHex(payload)}`);
  else {
    for (const [name, value] of Object.entries(json)) {
      if (name !== 'type') lines.push(`  ${name} = ${formatJson(value)}`);
    }
  }
  if (rest.length > 0) lines.push(`  behind the last field: ${toHex(rest)}`);
  return `${lines.join('\n')}\n`;
}

function describeLines(bytes: Uint8Array): DescribedBytes {
  let faults = 0;
  const parts = new TextDecoder()
    .decode(bytes)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) => {
      try {
        return describeLine(line);
      } catch (error) {
        faults++;
        return `${(error as Error).message}: ${line}\n`;
      }
    });
  return { text: parts.join(''), faults };
}

function describeLine(line: string): string {
  const message = decodeLine(new TextEncoder().encode(line));
  if (message.type === 'response') {
    const outcome =
      message.error === undefined ? formatJson(message.result) : `error ${message.error.code} ${message.error.message}`;
    return `response to ${message.id ?? 'nothing'}: ${outcome}\n`;
  }
  const known = typedCall(message) !== undefined;
  const id = message.id === undefined || message.id === 'null' ? 'notification' : `call ${message.id}`;
  return `${id} ${message.method}${known ? '' : ' (unknown)'} ${formatJson(message.params)}\n`;
}
