import type { CloseFamily } from '@stratumkit/connection';
import type { LineCloseCause } from '@stratumkit/sv1';

export const LINE_CLOSE_FAMILIES: Readonly<Record<LineCloseCause, CloseFamily>> = {
  probe: 'normal',
  'peer-closed': 'normal',
  shutdown: 'local',
  'role-decision': 'local',
  'first-line-timeout': 'timeout',
  'idle-timeout': 'timeout',
  'write-timeout': 'timeout',
  'connection-limit': 'limit',
  'address-limit': 'limit',
  'handshake-limit': 'limit',
  'descriptor-limit': 'limit',
  'line-budget': 'limit',
  'line-too-long': 'limit',
  'send-queue-overflow': 'limit',
  'not-json': 'protocol',
  'tls-handshake': 'protocol',
  'peer-reset': 'network',
  'network-error': 'network',
  'internal-error': 'local',
};
