import { ConfigError } from '@stratumkit/codec';
import type { AppDefinition } from './app.ts';
import { type CommandLine, environmentPrefixOf, parseCommandLine } from './commandLine.ts';
import { createDeferred } from './deferred.ts';
import { exposedSecrets } from './exposedSecrets.ts';
import { choice, string } from './fields.ts';
import { loadConfig } from './loadConfig.ts';
import { checkLogFile } from './logFile.ts';
import { createLogger, LOG_LEVELS, type Logger } from './logger.ts';
import { exitCodeOfLoss, watchOutput } from './outputLoss.ts';
import { currentProcess, type ProcessEdge } from './processEdge.ts';
import { Resources } from './resources.ts';
import type { Fields, InferFields } from './schema.ts';

/** Exit codes: 0 done or drained, 1 failed, 2 wrong command line or configuration, 130 forced by a second signal. */
const EXIT = { ok: 0, failed: 1, usage: 2, forced: 130 } as const;

/** How long an app may take to close after the first signal. */
export const DRAIN_TIMEOUT_MS = 10_000;

/** Keys that every app's configuration file may have. */
const COMMON_FIELDS = {
  log_level: choice(LOG_LEVELS, { doc: 'least severe lines to log', default: 'info', flag: false }),
  log_file: string({ doc: 'append the log as JSON to this file too', optional: true, flag: false }),
};

/**
 * Runs an app to its end and returns the exit code; `main.ts` hands it to `process.exit`. The first SIGINT or SIGTERM closes
 * the app's resources, the second ends at once. So does a standard output whose reader went away, with exit code 0.
 */
export async function runApp<const F extends Fields>(
  app: AppDefinition<F>,
  edge: ProcessEdge = currentProcess(),
): Promise<number> {
  const line = parseCommandLine(app as unknown as AppDefinition<Fields>, edge);
  if (typeof line === 'number') return line;
  try {
    const { options, log } = configure(app, line, edge);
    if (line.check) {
      edge.stdout.write('configuration ok\n');
      return EXIT.ok;
    }
    return await runUntilStopped(app, options, log, edge);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const lines = error.message.split('\n').map((text) => `${app.name}: ${text}\n`);
    edge.stderr.write(lines.join(''));
    return EXIT.usage;
  }
}

function configure<F extends Fields>(
  app: AppDefinition<F>,
  line: CommandLine,
  edge: ProcessEdge,
): { options: InferFields<F>; log: Logger } {
  const fields = { ...COMMON_FIELDS, ...(app.options as Fields) };
  const all = loadConfig(fields, {
    file: line.config,
    environmentPrefix: environmentPrefixOf(app as unknown as AppDefinition<Fields>),
    environment: edge.environment,
    flags: line.flags,
  });
  const common = all as InferFields<typeof COMMON_FIELDS>;
  const options = all as unknown as InferFields<F>;
  app.check?.(options);
  const logFile = line.logFile ?? common.logFile;
  if (line.check && logFile !== undefined) checkLogFile(logFile);
  const log = createLogger({
    name: app.name,
    level: line.logLevel ?? common.logLevel,
    file: line.check ? undefined : logFile,
    stream: edge.stderr,
  });
  const exposed = line.config === undefined ? [] : exposedSecrets(line.config, fields);
  if (exposed.length > 0)
    log.warn(
      { file: line.config, keys: exposed },
      'everybody on this machine can read these secrets: chmod 600 the file',
    );
  return { options, log };
}

async function runUntilStopped<F extends Fields>(
  app: AppDefinition<F>,
  options: InferFields<F>,
  log: Logger,
  edge: ProcessEdge,
): Promise<number> {
  const resources = new Resources();
  const stopped = createDeferred<number>();
  const forced = createDeferred<number>();
  let signals = 0;
  const signalNames = app.endsAtSignals === true ? [] : (['SIGINT', 'SIGTERM'] as const);
  const removeSignals = edge.onSignal(signalNames, (signal) => {
    signals += 1;
    if (signals > 1) {
      log.warn({ signal }, 'second signal, ending at once');
      forced.resolve(EXIT.forced);
    } else {
      log.info({ signal }, 'stopping; a second signal ends at once');
      stopped.resolve(EXIT.ok);
    }
  });

  const finish = async (): Promise<number> => {
    let exitCode: number;
    try {
      exitCode = await Promise.race([start(), stopped.promise]);
    } catch (error) {
      await closeAll().catch((closeError: unknown) => log.error({ err: closeError }, 'closing failed'));
      throw error;
    }
    return (await closeAll()) ? exitCode : EXIT.failed;
  };
  const start = async (): Promise<number> => {
    const result = await app.run(options, {
      log,
      resources,
      process: edge,
      stop: (exitCode, reason) => {
        log.info({ reason }, 'stopping');
        stopped.resolve(exitCode);
      },
    });
    return result === 'running' ? stopped.promise : result;
  };
  const output = watchOutput(edge.stdout);
  void output.code.then((code) => stopped.resolve(exitCodeOfLoss(code, app.name, edge.stderr)));
  const closeAll = async (): Promise<boolean> => {
    const timeout = createDeferred<false>();
    const timer = setTimeout(() => timeout.resolve(false), DRAIN_TIMEOUT_MS);
    const closed = resources.close().then(() => true as const);
    const inTime = await Promise.race([closed, timeout.promise]).finally(() => clearTimeout(timer));
    if (!inTime)
      log.error({ timeoutMs: DRAIN_TIMEOUT_MS, waitingFor: resources.closing }, 'closing takes too long, ending');
    return inTime;
  };

  try {
    return await Promise.race([finish(), forced.promise]);
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    log.fatal({ err: error }, 'failed');
    return EXIT.failed;
  } finally {
    removeSignals();
    output.unwatch();
  }
}
