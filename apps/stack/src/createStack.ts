import { once } from 'node:events';
import { closeSync, createWriteStream, openSync } from 'node:fs';
import { ConfigError } from '@stratumkit/codec';
import { defaultModules as poolModules } from '@stratumkit/pool';
import { defaultModules as proxyModules, type RunningProxy } from '@stratumkit/proxy';
import { Resources } from '@stratumkit/runtime';
import {
  type FoundBlock,
  defaultModules as providerModules,
  type TemplateProvider,
} from '@stratumkit/template-provider';
import { type Translator, defaultModules as translatorModules } from '@stratumkit/translator';
import { BlockFinders } from './blockFinders.ts';
import type { HopSummary } from './events.ts';
import { type Fleet, fleetsOf, startFleet } from './fleets.ts';
import { proxyHop, TranslatorHop } from './hops.ts';
import { addressOf, type Endpoint, Links, type LinksOptions } from './links.ts';
import { defaultModules, type StackModules } from './modules.ts';
import type { StackOptions } from './options.ts';
import { listening, onPoolEvent, onProviderEvent, onProxyEvent, onTranslatorEvent } from './roleEvents.ts';
import { logging } from './roleLog.ts';
import { poolOptions, providerOptions, proxyOptions, translatorOptions } from './roleOptions.ts';
import type { StackSink } from './sink.ts';

/** A stack that runs. */
export interface Stack {
  readonly deviceNames: readonly string[];
  /** Expected hashes behind the shares that the pool accepted. */
  readonly workAccepted: number;
  /** What went through the roles between pool and devices, until now. */
  hops(): readonly HopSummary[];
  /** Finds a block on the embedded chain, now, whatever the devices do. Throws UsageError where the chain is a node's. */
  findBlock(): FoundBlock;
  /** Which part is being closed now. */
  readonly closing: string | undefined;
  /** Stops the devices, lets the pool acknowledge what it has, writes the export, then stops the rest. */
  close(): Promise<void>;
}

/** Starts chain, template provider, pool, what is between, and devices in this order; what fails on the way is undone. */
export async function createStack(
  options: StackOptions,
  sink: StackSink,
  modules: StackModules = defaultModules,
): Promise<Stack> {
  const resources = new Resources();
  const finders = new BlockFinders();
  let workAccepted = 0;
  checkExport(options.exportBlocks);
  try {
    const provider = await modules.createTemplateProvider(
      providerOptions(options),
      logging(providerModules, sink, 'template-provider'),
      (event) => onProviderEvent(event, sink, finders),
    );
    resources.add('template provider', () => provider.close());
    if (options.exportBlocks !== undefined) {
      const file = options.exportBlocks;
      resources.add('export', () => writeBlocks(provider, file));
    }

    const links = new Links(linksOptions(options, sink), resources);
    const templates = await links.between('pool', 'template-provider', provider);
    const pool = await modules.createPool(
      poolOptions(options, templates),
      logging(poolModules, sink, 'pool'),
      (event) => {
        if (event.type === 'share') workAccepted += Number(event.work);
        onPoolEvent(event, sink, finders);
      },
    );
    resources.add('pool', () => pool.close());

    const fleets = fleetsOf(options);
    const between = new Between(options, sink, modules, links, resources);
    for (const fleet of fleets) {
      const upstream = await between.upstreamOf(fleet, pool);
      if (fleet.names.length === 0) continue;
      const started = await startFleet(fleet, upstream, options, sink, modules);
      resources.add(`${fleet.protocol} devices`, () => started.close());
    }
    // The pool drains first, then what is between, so that devices hear what became of their last shares.
    resources.add('proxy and translator', () => between.close());
    resources.add('pool', () => {
      between.isClosing = true;
      return pool.close();
    });
    return {
      deviceNames: fleets.flatMap(({ names }) => names),
      get workAccepted() {
        return workAccepted;
      },
      hops: () => between.hops,
      findBlock: () => provider.findBlock(),
      get closing() {
        return resources.closing;
      },
      close: () => resources.close(),
    };
  } catch (error) {
    await resources.close();
    throw error;
  }
}

/** What stands between the pool and the devices. */
class Between {
  isClosing = false;
  readonly #options: StackOptions;
  readonly #sink: StackSink;
  readonly #modules: StackModules;
  readonly #links: Links;
  readonly #resources: Resources;
  readonly #translatorHop = new TranslatorHop();
  #proxy: RunningProxy | undefined;
  #translator: Translator | undefined;

  constructor(options: StackOptions, sink: StackSink, modules: StackModules, links: Links, resources: Resources) {
    this.#options = options;
    this.#sink = sink;
    this.#modules = modules;
    this.#links = links;
    this.#resources = resources;
  }

  get hops(): readonly HopSummary[] {
    return [
      ...(this.#proxy === undefined ? [] : [proxyHop(this.#proxy)]),
      ...(this.#translator === undefined ? [] : [this.#translatorHop.summary]),
    ];
  }

  /** Where the devices of a fleet mine, once it listens. */
  async upstreamOf({ protocol }: Fleet, pool: Endpoint): Promise<Endpoint> {
    if (protocol === 'sv1') {
      const translator = await this.#startTranslator(await this.#links.between('translator', 'pool', pool));
      return this.#links.between('miners', 'translator', translator);
    }
    if (this.#options.topology === 'sv2') return this.#links.between('devices', 'pool', pool);
    const proxy = await this.#startProxy(await this.#links.between('proxy', 'pool', pool));
    return this.#links.between('devices', 'proxy', proxy);
  }

  async close(): Promise<void> {
    await Promise.all([this.#proxy?.close(), this.#translator?.close()]);
  }

  async #startProxy(pool: Endpoint): Promise<Endpoint> {
    const options = proxyOptions(this.#options, pool);
    const proxy = await this.#modules.createProxy(options, logging(proxyModules, this.#sink, 'proxy'), (event) => {
      if (!this.isClosing) onProxyEvent(event, this.#sink);
    });
    this.#proxy = proxy;
    this.#resources.add('proxy', () => proxy.close());
    return proxy;
  }

  async #startTranslator(pool: Endpoint): Promise<Endpoint> {
    const options = translatorOptions(this.#options, pool);
    const modules = logging(translatorModules, this.#sink, 'translator');
    const translator = await this.#modules.createTranslator(options, modules, (event) => {
      this.#translatorHop.apply(event);
      if (!this.isClosing) onTranslatorEvent(event, this.#sink);
    });
    this.#translator = translator;
    this.#resources.add('translator', () => translator.close());
    return { address: translator.address, authorityPublicKey: undefined };
  }
}

function linksOptions({ intercept, record, dataDir }: StackOptions, sink: StackSink): LinksOptions {
  return {
    intercept: intercept === true || record !== undefined,
    recordDirectory: record,
    dataDir,
    onListening: (role, endpoint) => sink.onEvent(listening(role, addressOf(endpoint), endpoint.authorityPublicKey)),
    onMessage: (link, message) => sink.onMessage?.(link, message),
    onWarning: (text) => sink.onWarning(text),
  };
}

/** Throws `ConfigError` before hours of mining rather than behind them. */
function checkExport(file: string | undefined): void {
  if (file === undefined) return;
  try {
    closeSync(openSync(file, 'a'));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new ConfigError('export-blocks', `export_blocks ${file} cannot be written (${code})`, { cause });
  }
}

async function writeBlocks(provider: TemplateProvider, file: string): Promise<void> {
  const stream = createWriteStream(file);
  for await (const block of provider.exportBlocks()) if (!stream.write(`${block}\n`)) await once(stream, 'drain');
  stream.end();
  await once(stream, 'close');
}
