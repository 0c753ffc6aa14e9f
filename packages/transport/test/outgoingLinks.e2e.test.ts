import { Connection, type ConnectionEvent } from '@stratumkit/connection';
import { describe, expect, it } from 'vitest';
import { connect, type Link, type Logger, type OutgoingEvent, OutgoingLinks, systemClock } from '../src/index.ts';
import { type Mining, NOISE, SETUP, share, startResponder } from './support.ts';

type Heard = readonly [id: number, event: OutgoingEvent<Mining>];

function startLinks(onEvent: (...heard: Heard) => void, logger?: Logger) {
  return new OutgoingLinks<Mining, { readonly host: string; readonly port: number }>({
    connect,
    clock: systemClock,
    logger,
    createConnection: (_peer, now) =>
      new Connection<Mining>(
        { protocol: 'mining', security: NOISE.client, setup: { side: 'client', request: SETUP } },
        now,
      ),
    onEvent,
  });
}

/** The first event of this type, of this link. */
function heard(links: { on?: (...heard: Heard) => void }, id: number, type: OutgoingEvent<Mining>['type']) {
  return new Promise<OutgoingEvent<Mining>>((resolve) => {
    const before = links.on;
    links.on = (from, event) => {
      before?.(from, event);
      if (from === id && event.type === type) resolve(event);
    };
  });
}

describe('outgoing links', () => {
  it('carry messages by the ids of their owner', async () => {
    const listener = await startResponder();
    const watch: { on?: (...heard: Heard) => void } = {};
    const links = startLinks((...event) => watch.on?.(...event));
    const ready = [heard(watch, 7, 'ready'), heard(watch, 8, 'ready')];
    const answers = [heard(watch, 7, 'message'), heard(watch, 8, 'message')];
    await Promise.all([links.connect(7, listener.address), links.connect(8, listener.address)]);
    await Promise.all(ready);
    links.send(7, share(70), 'control');
    links.send(8, share(80), 'control');
    expect(await Promise.all(answers)).toMatchObject([
      { message: { value: { lastSequenceNumber: 70 } } },
      { message: { value: { lastSequenceNumber: 80 } } },
    ]);
    const gone = heard(watch, 8, 'gone');
    await links.close();
    await listener.close();
    expect(await Promise.race([gone, 'nothing'])).toBe('nothing');
  });

  it('say why a link could not be made, or has ended', async () => {
    const listener = await startResponder();
    const { address } = listener;
    const watch: { on?: (...heard: Heard) => void } = {};
    const links = startLinks((...event) => watch.on?.(...event));
    const ready = heard(watch, 1, 'ready');
    const ended = heard(watch, 1, 'gone');
    await links.connect(1, address);
    await ready;
    await listener.close();
    expect(await ended).toEqual({ type: 'gone', reason: 'peer-closed' });

    const refused = heard(watch, 2, 'gone');
    await links.connect(2, address);
    expect(await refused).toEqual({ type: 'gone', reason: 'connect-failed: ECONNREFUSED' });
  });

  it('end for a fault of ours that is met on one of them, which is logged, and leave the others alone', async () => {
    const listener = await startResponder();
    const lines: object[] = [];
    const ignore = () => {};
    const logger = { debug: ignore, info: ignore, warn: ignore, error: (fields: object) => lines.push(fields) };
    const watch: { on?: (...heard: Heard) => void } = {};
    const links = startLinks((id, event) => {
      watch.on?.(id, event);
      if (id !== 2 && event.type === 'message') throw new Error('a bug');
    }, logger);
    const ready = [1, 2, 3].map((id) => heard(watch, id, 'ready'));
    const gone = [1, 3].map((id) => heard(watch, id, 'gone'));
    const answer = heard(watch, 2, 'message');
    await Promise.all([1, 2, 3].map((id) => links.connect(id, listener.address)));
    await Promise.all(ready);
    for (const id of [1, 3]) links.send(id, share(1), 'control');
    expect(await Promise.all(gone)).toEqual([1, 3].map(() => ({ type: 'gone', reason: 'internal-error' })));
    links.send(2, share(7), 'control');
    expect(await answer).toMatchObject({ message: { value: { lastSequenceNumber: 7 } } });
    // The fault itself each time; that links end for it once a minute.
    expect(lines.filter((fields) => 'err' in fields)).toHaveLength(2);
    expect(lines.filter((fields) => 'cause' in fields)).toMatchObject([{ cause: 'internal-error' }]);
    await links.close();
    await listener.close();
  });

  it('send what was queued when they are dropped, and are not heard of again', async () => {
    const received: number[] = [];
    let atServer: Promise<unknown> | undefined;
    const listener = await startResponder({
      onEvent: (event: ConnectionEvent<Mining>, link: Link<Mining>) => {
        atServer ??= link.closed;
        if (event.type === 'message' && event.message.name === 'SubmitSharesStandard')
          received.push(event.message.value.sequenceNumber);
      },
    });
    const events: Heard[] = [];
    const watch: { on?: (...heard: Heard) => void } = {};
    const links = startLinks((...event) => {
      events.push(event);
      watch.on?.(...event);
    });
    const ready = heard(watch, 1, 'ready');
    await links.connect(1, listener.address);
    await ready;
    for (let sequence = 0; sequence < 50; sequence++) links.send(1, share(sequence), 'control');
    links.drop(1, 'done');
    const second = links.connect(2, listener.address);
    links.drop(2, 'changed its mind');
    await second;
    await links.close();
    await atServer;
    await listener.close();
    expect(received).toEqual(Array.from({ length: 50 }, (_, index) => index));
    expect(events.filter(([, { type }]) => type !== 'ready')).toEqual([]);
  });
});
