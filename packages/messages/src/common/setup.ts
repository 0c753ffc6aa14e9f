import { defineMessage, type Infer, str0255, u8, u16, u32 } from '@stratumkit/codec';

/** The one version of the protocol there is. */
export const PROTOCOL_VERSION = 2;

/** Spec 3.6.1, message type 0x00, sent by the downstream. */
export const SetupConnection = defineMessage({
  name: 'SetupConnection',
  messageType: 0x00,
  channelMessage: false,
  sentBy: 'downstream',
  spec: '3.6.1',
  doc: 'First message on a connection: names the subprotocol, the versions and the optional features wanted.',
  fields: {
    protocol: u8('Subprotocol: 0 mining, 1 job declaration, 2 template distribution.'),
    minVersion: u16('Lowest protocol version supported; 2.'),
    maxVersion: u16('Highest protocol version supported; 2.'),
    flags: u32('Optional features wanted; the bits depend on the subprotocol.'),
    endpointHost: str0255('Host name or address the client connects to.'),
    endpointPort: u16('Port the client connects to.'),
    vendor: str0255('Manufacturer or developer of the device.'),
    hardwareVersion: str0255('Hardware or software package in use.'),
    firmware: str0255('Firmware in use.'),
    deviceId: str0255("Vendor's unique identifier of the device; empty without telemetry."),
  },
});
export type SetupConnection = Infer<typeof SetupConnection>;

/** Spec 3.6.2, message type 0x01, sent by the upstream. */
export const SetupConnectionSuccess = defineMessage({
  name: 'SetupConnection.Success',
  messageType: 0x01,
  channelMessage: false,
  sentBy: 'upstream',
  spec: '3.6.2',
  doc: 'Accepts the connection.',
  fields: {
    usedVersion: u16('Version used for the rest of the connection.'),
    flags: u32('Optional features the server supports or requires; the bits depend on the subprotocol.'),
  },
});
export type SetupConnectionSuccess = Infer<typeof SetupConnectionSuccess>;

/** Spec 3.6.3, message type 0x02, sent by the upstream. */
export const SetupConnectionError = defineMessage({
  name: 'SetupConnection.Error',
  messageType: 0x02,
  channelMessage: false,
  sentBy: 'upstream',
  spec: '3.6.3',
  doc: 'Refuses the connection, which the server then closes.',
  fields: {
    flags: u32('Every flag the server does not support; 0 if the reason is another.'),
    errorCode: str0255('Why the connection was refused.'),
  },
});
export type SetupConnectionError = Infer<typeof SetupConnectionError>;
