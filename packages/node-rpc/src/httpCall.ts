import { type Agent, type IncomingMessage, request } from 'node:http';
import { connectionError, NodeError } from './errors.ts';

export interface HttpCall {
  readonly method: string;
  readonly url: URL;
  readonly agent: Agent;
  readonly authorization: string;
  readonly body: string;
  readonly timeoutMs: number;
  readonly maximumResponseBytes: number;
  readonly signal: AbortSignal | undefined;
}

export interface HttpResult {
  readonly status: number;
  readonly body: string;
}

/** One POST. The timeout covers it as a whole: a node that dribbles bytes gains nothing. */
export function postJson(call: HttpCall): Promise<HttpResult> {
  const { method, url, agent, authorization, body, timeoutMs, signal } = call;
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortedError(method));
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      authorization,
    };
    const outgoing = request(url, { method: 'POST', agent, headers });
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const fail = (error: NodeError): void => {
      end();
      reject(error);
      outgoing.destroy();
    };
    const abort = (): void => fail(abortedError(method));
    const timer = setTimeout(
      () =>
        fail(new NodeError('timeout', `${method}: no answer in ${timeoutMs} ms`, { context: { method, timeoutMs } })),
      timeoutMs,
    );
    signal?.addEventListener('abort', abort, { once: true });
    outgoing.on('error', (error) => fail(connectionError(method, error, outgoing.reusedSocket)));
    outgoing.on('response', (incoming) => {
      readBody(call, incoming).then((result) => {
        end();
        resolve(result);
      }, fail);
    });
    outgoing.end(body);
  });
}

async function readBody({ method, maximumResponseBytes }: HttpCall, incoming: IncomingMessage): Promise<HttpResult> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maximumResponseBytes)
        throw new NodeError('response-too-large', `${method}: answer over ${maximumResponseBytes} bytes`, {
          context: { method, maximumResponseBytes },
        });
      chunks.push(chunk);
    }
  } catch (error) {
    throw error instanceof NodeError ? error : connectionError(method, error as Error);
  }
  return { status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') };
}

function abortedError(method: string): NodeError {
  return new NodeError('aborted', `${method}: given up`, { context: { method } });
}
