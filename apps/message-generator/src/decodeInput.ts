import { formatJson, fromHex, toHex } from '@stratumkit/codec';
import { FRAME_HEADER_SIZE, FrameSplitter, MAX_PAYLOAD_SIZE } from '@stratumkit/framing';
import { definitionOf, type Protocol } from '@stratumkit/messages';
import { decodeLine, typedCall } from '@stratumkit/sv1';
import { showBytes } from './run/show.ts';
import { type DecodedFrame, decodeFrame, frameTitle } from './wire/decode.ts';

/** Any number of SV2 frames, or SV1 lines, in readable form. `protocol` tells which messages may be among them. */
export function describeBytes(bytes: Uint8Array, protocol?: Protocol): string {
  return bytes[0] === 0x7b ? describeLines(bytes) : describeFrames(bytes, protocol);
}

/** Hexadecimal digits, with or without blanks and `0x`; or undefined if the text is something else. */
export function parseHexText(text: string): Uint8Array | undefined {
  const digits = text.replaceAll(/\s|0x|[,:]/gi, '');
  return /^(?:[0-9a-f]{2})+$/i.test(digits) ? fromHex(digits) : undefined;
}

function describeFrames(bytes: Uint8Array, protocol: Protocol | undefined): string {
  const splitter = new FrameSplitter({ maxPayloadSize: () => MAX_PAYLOAD_SIZE });
  splitter.push(bytes);
  const parts: string[] = [];
  let taken = 0;
  for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) {
    taken += FRAME_HEADER_SIZE + frame.payload.length;
    parts.push(describeFrame(decodeFrame(frame), protocol));
  }
  if (taken < bytes.length) {
    parts.push(`${bytes.length - taken} bytes that are no whole frame: ${showBytes(bytes.subarray(taken))}\n`);
  }
  return parts.join('\n');
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

function describeLines(bytes: Uint8Array): string {
  const lines = new TextDecoder()
    .decode(bytes)
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '');
  return lines
    .map((line) => {
      try {
        const message = decodeLine(new TextEncoder().encode(line));
        if (message.type === 'response') {
          const outcome =
            message.error === undefined
              ? formatJson(message.result)
              : `error ${message.error.code} ${message.error.message}`;
          return `response to ${message.id ?? 'nothing'}: ${outcome}\n`;
        }
        const known = typedCall(message) !== undefined;
        const id = message.id === undefined || message.id === 'null' ? 'notification' : `call ${message.id}`;
        return `${id} ${message.method}${known ? '' : ' (unknown)'} ${formatJson(message.params)}\n`;
      } catch (error) {
        return `${(error as Error).message}: ${line}\n`;
      }
    })
    .join('');
}
