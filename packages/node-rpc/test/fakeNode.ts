import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface FakeCall {
  readonly method: string;
  readonly params: readonly unknown[];
  readonly authorization: string | undefined;
}

/** What the node answers: a result, an error of its own, or a raw reply. */
export type FakeAnswer =
  | { readonly result: unknown }
  | { readonly error: { readonly code: number; readonly message: string } }
  | { readonly status: number; readonly body?: string }
  | 'silence'
  | 'hang up';

export interface FakeNode {
  readonly url: string;
  readonly calls: FakeCall[];
  close(): Promise<void>;
}

/** An HTTP server that answers as `respond` says. */
export async function startFakeNode(respond: (call: FakeCall) => FakeAnswer): Promise<FakeNode> {
  const calls: FakeCall[] = [];
  const server = createServer((request, response) => void answer(request, response));
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    const { id, method, params } = JSON.parse(body) as { id: number; method: string; params: unknown[] };
    const call = { method, params, authorization: request.headers.authorization };
    calls.push(call);
    const reply = respond(call);
    if (reply === 'silence') return;
    if (reply === 'hang up') return void request.socket.destroy();
    if ('status' in reply) return void response.writeHead(reply.status).end(reply.body);
    const { result = null, error = null } = reply as { result?: unknown; error?: unknown };
    response.writeHead(error === null ? 200 : 500).end(JSON.stringify({ result, error, id }));
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    calls,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
