import { readFile } from 'node:fs/promises';
import { NodeError } from './errors.ts';

/** How the node knows us. A cookie file is written anew at every start of the node. */
export type NodeAuth =
  | { readonly type: 'cookie'; readonly file: string }
  | { readonly type: 'password'; readonly user: string; readonly password: string };

/** Value of the Authorization header; the cookie is read once and again after {@link Credentials.forget}. */
export class Credentials {
  readonly #auth: NodeAuth;
  #header: string | undefined;

  constructor(auth: NodeAuth) {
    this.#auth = auth;
  }

  async header(): Promise<string> {
    this.#header ??= `Basic ${Buffer.from(await this.#userAndPassword(), 'utf8').toString('base64')}`;
    return this.#header;
  }

  /** The node refused them. True when the next attempt may differ. */
  forget(): boolean {
    this.#header = undefined;
    return this.#auth.type === 'cookie';
  }

  async #userAndPassword(): Promise<string> {
    if (this.#auth.type === 'password') return `${this.#auth.user}:${this.#auth.password}`;
    const { file } = this.#auth;
    try {
      return (await readFile(file, 'utf8')).trim();
    } catch (cause) {
      throw new NodeError('cookie-unreadable', `cannot read the cookie file ${file}`, { context: { file }, cause });
    }
  }
}
