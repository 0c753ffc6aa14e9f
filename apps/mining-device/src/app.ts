import { ConfigError } from '@stratumkit/codec';
import { SV1_PROFILE_NAMES } from '@stratumkit/roles';
import { boolean, choice, custom, defineApp, integer, list, string } from '@stratumkit/runtime';
import { createMiningDevice } from './createMiningDevice.ts';
import { parseDeviceUrl } from './deviceUrl.ts';
import { formatHashrate, parseHashrate } from './hashrate.ts';
import { logEvent } from './logEvent.ts';
import { deviceNames, type MiningDeviceOptions } from './options.ts';

const REPORT_MS = 10_000;
const EXAMPLE = 'stratum2+tcp://127.0.0.1:34254/9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72';

/** The command `mining-device`; `runApp` of `@stratumkit/runtime` runs it. */
export const miningDevice = defineApp({
  name: 'mining-device',
  version: '0.0.0',
  description: 'Simulated mining devices, Stratum V2 and V1, that hash for real.',
  examples: [
    { command: `mining-device --upstream ${EXAMPLE}`, does: 'mine as one device on all processors but one' },
    {
      command: `mining-device --upstream ${EXAMPLE} --channel extended --hashrate 200k --user-identity alice.rig1`,
      does: 'mine slowly on an extended channel',
    },
    {
      command: `mining-device --upstream ${EXAMPLE} --devices 50 --connections shared --hashrate 10k`,
      does: '50 devices behind one connection, as behind a proxy',
    },
    {
      command: 'mining-device --upstream stratum2+tcp://127.0.0.1:34254 --insecure',
      does: 'no encryption, for a server on this machine that was started the same way',
    },
    {
      command:
        'mining-device --protocol sv1 --upstream stratum+tcp://127.0.0.1:34255 --devices 5 --profile bitaxe,minerd',
      does: 'SV1 miners, with the habits of a Bitaxe and of cpuminer in turn',
    },
  ],
  options: {
    protocol: choice(['sv2', 'sv1'], { doc: 'protocol spoken upstream', default: 'sv2' }),
    upstream: list(
      { ...custom({ doc: 'upstream' }, parseDeviceUrl), concealed: true },
      {
        doc: 'where to mine, stratum2+tcp://host:port/AUTHORITY_KEY, or stratum+tcp://host:port for SV1; further ones are tried when the first fails',
        placeholder: 'url,...',
      },
    ),
    user_identity: string({
      doc: 'identity sent upstream; with several devices, each appends its name',
      default: 'stratumkit',
      maxLength: 200,
    }),
    channel: choice(['standard', 'extended'], { doc: 'kind of channel', default: 'standard' }),
    devices: integer({ doc: 'number of devices', default: 1, minimum: 1, maximum: 10_000 }),
    name: string({ doc: 'prefix of the names of the devices', default: 'device', pattern: /^[\w-]{1,24}$/ }),
    connections: choice(['each', 'shared'], { doc: 'one connection for each device, or one for all', default: 'each' }),
    hashrate: custom(
      {
        doc: 'limit of each device, like 200k or 1M hashes a second; without it they share what the workers give',
        optional: true,
        placeholder: 'rate',
      },
      parseHashrate,
    ),
    workers: integer({
      doc: 'threads that hash; by default one less than there are processors',
      optional: true,
      minimum: 1,
      maximum: 256,
    }),
    extranonce_size: integer({
      doc: 'bytes that an extended channel asks to roll',
      default: 4,
      minimum: 0,
      maximum: 16,
    }),
    version_rolling: boolean({ doc: 'roll version bits where jobs allow it', default: true }),
    worker_tracking: boolean({
      doc: 'ask for extension 0x0002 and name the device with each share of an extended channel',
      default: false,
    }),
    tlv_byte_order: choice(['big', 'little'], { doc: 'byte order of that name; little for SRI', default: 'big' }),
    profile: list(choice(SV1_PROFILE_NAMES, { doc: 'profile' }), {
      doc: `SV1: whose habits the devices have, of ${SV1_PROFILE_NAMES.join(', ')}; with several they take turns`,
      default: ['generic'],
      placeholder: 'name,...',
    }),
    password: string({ doc: "SV1: sent with the worker's name", default: 'x', maxLength: 200, secret: true }),
    unverified: boolean({ doc: 'encrypt, but trust any server; its key is not checked', default: false }),
    insecure: boolean({ doc: 'do not encrypt; for servers on this machine', default: false }),
  },
  check({ protocol, upstream, unverified, insecure }) {
    if (upstream.length === 0) throw new ConfigError('invalid-config', '--upstream is empty');
    const other = upstream.find((each) => each.protocol !== protocol);
    if (other !== undefined) {
      const name = other.protocol === 'sv1' ? 'Stratum V1' : 'Stratum V2';
      throw new ConfigError(
        'invalid-config',
        `--upstream ${other.host}:${other.port} is written as one of ${name}; give --protocol ${other.protocol}, or the scheme ${protocol === 'sv1' ? 'stratum+tcp' : 'stratum2+tcp'}://`,
      );
    }
    if (protocol === 'sv1') {
      if (unverified || insecure)
        throw new ConfigError('invalid-config', '--unverified and --insecure are for SV2; SV1 is never encrypted');
      return;
    }
    if (unverified && insecure)
      throw new ConfigError('invalid-config', '--unverified and --insecure exclude each other');
    const bare = upstream.find((each) => each.authorityPublicKey === undefined);
    if (bare !== undefined && !unverified && !insecure) {
      throw new ConfigError(
        'invalid-config',
        `--upstream ${bare.host}:${bare.port} has no authority key: append /KEY, or give --unverified or --insecure`,
      );
    }
  },
  async run(given, { log, resources }) {
    const { upstream, extranonceSize, versionRolling, unverified, insecure, hashrate, workers, profile, ...rest } =
      given;
    if (insecure || unverified) log.warn({ insecure, unverified }, 'the upstream is not authenticated');
    const options: MiningDeviceOptions = {
      ...rest,
      upstreams: upstream,
      security: insecure ? 'plain' : unverified ? 'unverified' : 'authenticated',
      minExtranonceSize: extranonceSize,
      rollVersion: versionRolling,
      profiles: profile,
      ...(hashrate === undefined ? {} : { hashrate }),
      ...(workers === undefined ? {} : { workers }),
    };
    const names = deviceNames(options);
    const device = await createMiningDevice({ ...options, onEvent: (event) => logEvent(log, event, names) }, { log });
    resources.add('devices', () => device.close());

    let before = 0;
    const report = setInterval(() => {
      const all = device.statistics();
      const sum = (pick: (each: (typeof all)[number]) => number) => all.reduce((total, each) => total + pick(each), 0);
      const hashes = sum((each) => each.hashes);
      const accepted = sum((each) => each.sharesAccepted);
      const rejected = sum((each) => each.sharesRejected);
      log.info({ hashrate: formatHashrate(((hashes - before) * 1000) / REPORT_MS), accepted, rejected }, 'mining');
      before = hashes;
    }, REPORT_MS);
    resources.add('report', () => clearInterval(report));
    return 'running';
  },
});
