import { describe, expect, it } from 'vitest';
import type { TranslatorInput } from '../../src/index.ts';
import { upstream } from '../proxy/network.ts';
import { type TestMiner, type TestTranslator, TranslatorNetwork } from './translatorNetwork.ts';

interface Scene {
  readonly network: TranslatorNetwork;
  readonly translator: TestTranslator;
  readonly miner: TestMiner;
}

/** Ways a translator and one of its miners can be in. */
const STATES = {
  /** Nobody has spoken. */
  idle: (scene) => scene,
  /** A miner is there, no upstream. */
  seeking: (scene) => {
    scene.network.pools.get('pool')!.mood = 'refusing';
    scene.miner.greet();
    scene.network.run(1);
    return scene;
  },
  /** The upstream's channel is open, without a job. */
  jobless: (scene) => {
    scene.network.pools.get('pool')!.mood = 'jobless';
    scene.miner.greet();
    scene.network.run(1);
    return scene;
  },
  serving: (scene) => {
    scene.miner.greet();
    scene.network.run(1);
    return scene;
  },
  /** The upstream is lost, the miner still there. */
  lost: (scene) => {
    scene.miner.greet();
    scene.network.run(1);
    scene.network.pools.get('pool')!.mood = 'refusing';
    scene.network.cut('pool');
    scene.network.run(1);
    return scene;
  },
  stopped: (scene) => {
    scene.miner.greet();
    scene.network.run(1);
    scene.translator.handle({ type: 'stop' });
    return scene;
  },
} satisfies Record<string, (scene: Scene) => Scene>;
type State = keyof typeof STATES;

function enter(state: State, aggregateChannels: boolean): Scene {
  const network = new TranslatorNetwork();
  network.pool('pool');
  const translator = network.translator([upstream('pool')], { aggregateChannels });
  const miner = network.miner(translator, { silent: true, hashrate: 0 });
  return STATES[state]({ network, translator, miner });
}

const line = (text: string) => new TextEncoder().encode(text);
const ofMiner = (text: string) => (scene: Scene) =>
  ({ type: 'miner-line', connection: scene.miner.connection, line: line(text) }) as const;
const fromUpstream = (message: unknown) => (scene: Scene) => {
  const connection = scene.translator.core.upstream?.connection ?? 1;
  return { type: 'upstream-message', connection, message } as TranslatorInput;
};

const INPUTS = {
  connect: () => ({ type: 'miner-connected', connection: 500, address: '192.0.2.5' }),
  ping: ofMiner('{"id":1,"method":"mining.ping","params":[]}'),
  configure: ofMiner('{"id":2,"method":"mining.configure","params":[["version-rolling"],{}]}'),
  subscribe: ofMiner('{"id":3,"method":"mining.subscribe","params":[]}'),
  authorize: ofMiner('{"id":4,"method":"mining.authorize","params":["late.1","x"]}'),
  submit: ofMiner('{"id":5,"method":"mining.submit","params":["alice.rig","1","00000000","00000000","00000000"]}'),
  suggest: ofMiner('{"id":6,"method":"mining.suggest_difficulty","params":[8]}'),
  nonsense: ofMiner('{'),
  leave: (scene) => ({ type: 'miner-disconnected', connection: scene.miner.connection }),
  ghostLine: () => ({ type: 'miner-line', connection: 999, line: line('{}') }),
  ghostLeaves: () => ({ type: 'miner-disconnected', connection: 999 }),
  ghostUpstream: () => ({ type: 'upstream-connected', connection: 999, flags: 0, extensions: new Set() }),
  ghostLost: () => ({ type: 'upstream-disconnected', connection: 999, reason: 'peer-closed' }),
  upstreamLost: (scene) => ({
    type: 'upstream-disconnected',
    connection: scene.translator.core.upstream?.connection ?? 1,
    reason: 'peer-reset',
  }),
  success: fromUpstream({
    name: 'SubmitShares.Success',
    value: { channelId: 1, lastSequenceNumber: 9, newSubmitsAcceptedCount: 3, newSharesSum: 4n },
  }),
  error: fromUpstream({
    name: 'SubmitShares.Error',
    value: { channelId: 1, sequenceNumber: 3, errorCode: 'stale-share' },
  }),
  openError: fromUpstream({ name: 'OpenMiningChannel.Error', value: { requestId: 77, errorCode: 'unknown-user' } }),
  updateError: fromUpstream({ name: 'UpdateChannel.Error', value: { channelId: 1, errorCode: 'invalid-channel-id' } }),
  closeUnknown: fromUpstream({ name: 'CloseChannel', value: { channelId: 88, reasonCode: 'x' } }),
  tick: () => ({ type: 'tick' }),
  stop: () => ({ type: 'stop' }),
} satisfies Record<string, (scene: Scene) => TranslatorInput>;

/** What is told to whom, in words. */
function words(scene: Scene, input: TranslatorInput): string {
  const outputs = scene.translator.handle(input);
  const said = outputs.flatMap((output) => {
    switch (output.type) {
      case 'miner-send': {
        const message = JSON.parse(new TextDecoder().decode(output.line)) as {
          method?: string;
          error?: [number] | null;
        };
        if (message.method !== undefined) return [message.method.replace('mining.', '')];
        return [message.error == null ? 'yes' : `no ${message.error[0]}`];
      }
      case 'miner-close':
        return [`close ${output.reason}`];
      case 'connect':
        return ['connect'];
      case 'upstream-close':
        return [`leave ${output.reason}`];
      case 'upstream-send':
        return ['up'];
      default:
        return [];
    }
  });
  return said.join(', ');
}

const ONE_CHANNEL: Readonly<Record<keyof typeof INPUTS, Readonly<Record<State, string>>>> = {
  connect: { idle: '', seeking: '', jobless: '', serving: '', lost: '', stopped: '' },
  ping: { idle: 'connect, yes', seeking: 'yes', jobless: 'yes', serving: 'yes', lost: 'yes', stopped: '' },
  configure: { idle: 'connect', seeking: '', jobless: '', serving: 'yes', lost: 'yes', stopped: '' },
  subscribe: { idle: 'connect, yes', seeking: 'yes', jobless: 'yes', serving: 'yes', lost: 'yes', stopped: '' },
  authorize: { idle: 'connect', seeking: '', jobless: '', serving: 'yes', lost: '', stopped: '' },
  submit: {
    idle: 'connect, no 25',
    seeking: 'no 24',
    jobless: 'no 24',
    serving: 'no 20',
    lost: 'no 21',
    stopped: '',
  },
  suggest: {
    idle: 'connect, yes',
    seeking: 'yes',
    jobless: 'yes',
    serving: 'yes, set_difficulty, notify',
    lost: 'yes',
    stopped: '',
  },
  nonsense: { idle: 'no 20', seeking: 'no 20', jobless: 'no 20', serving: 'no 20', lost: 'no 20', stopped: '' },
  leave: { idle: '', seeking: '', jobless: '', serving: '', lost: '', stopped: '' },
  ghostLine: { idle: '', seeking: '', jobless: '', serving: '', lost: '', stopped: '' },
  ghostLeaves: { idle: '', seeking: '', jobless: '', serving: '', lost: '', stopped: '' },
  ghostUpstream: { idle: '', seeking: '', jobless: '', serving: '', lost: '', stopped: '' },
  ghostLost: { idle: '', seeking: '', jobless: '', serving: '', lost: '', stopped: '' },
  upstreamLost: { idle: '', seeking: '', jobless: '', serving: '', lost: '', stopped: '' },
  success: { idle: '', seeking: '', jobless: '', serving: '', lost: '', stopped: '' },
  error: { idle: '', seeking: '', jobless: '', serving: '', lost: '', stopped: '' },
  openError: { idle: '', seeking: '', jobless: '', serving: '', lost: '', stopped: '' },
  updateError: { idle: '', seeking: '', jobless: '', serving: '', lost: '', stopped: '' },
  closeUnknown: { idle: '', seeking: '', jobless: '', serving: '', lost: '', stopped: '' },
  tick: { idle: '', seeking: '', jobless: '', serving: '', lost: '', stopped: '' },
  stop: {
    idle: 'close shutdown',
    seeking: 'close shutdown',
    jobless: 'close shutdown, leave shutdown',
    serving: 'close shutdown, leave shutdown',
    lost: 'close shutdown',
    stopped: '',
  },
};

describe.each(Object.keys(STATES) as State[])('a translator that is %s', (state) => {
  it.each(Object.keys(INPUTS) as (keyof typeof INPUTS)[])('takes %s', (name) => {
    const scene = enter(state, true);
    expect(words(scene, INPUTS[name](scene))).toBe(ONE_CHANNEL[name][state]);
    // Whatever it was, it goes on from there.
    scene.network.run(3);
    const { network, translator } = scene;
    if (state === 'stopped' || name === 'stop') return;
    network.pools.get('pool')!.mood = 'open';
    const late = network.miner(translator, { workerName: 'late.2', hashrate: 0, returns: true });
    network.run(70);
    expect(late.notified.length).toBeGreaterThan(0);
  });

  it('with channels for each takes all of it too', () => {
    for (const name of Object.keys(INPUTS) as (keyof typeof INPUTS)[]) {
      const scene = enter(state, false);
      words(scene, INPUTS[name](scene));
      scene.network.run(2);
    }
  });
});
