import type { ConnectionId } from '../output.ts';

interface RoutedLink {
  /** The one it has now, if any. */
  readonly connection: ConnectionId | undefined;
  readonly deadline: number | undefined;
}

/** Finds the link of a connection: links take up and give up connections as they go. */
export class LinkRouter<Link extends RoutedLink, Output> {
  readonly #links: readonly Link[];
  readonly #byConnection = new Map<ConnectionId, Link>();

  constructor(links: readonly Link[]) {
    this.#links = links;
  }

  get deadline(): number | undefined {
    let earliest: number | undefined;
    for (const { deadline } of this.#links) {
      if (deadline !== undefined && (earliest === undefined || deadline < earliest)) earliest = deadline;
    }
    return earliest;
  }

  onEach(step: (link: Link) => readonly Output[]): readonly Output[] {
    return this.#links.flatMap((link) => this.#run(link, step));
  }

  /** Links whose deadline has come. */
  onDue(nowMs: number, step: (link: Link) => readonly Output[]): readonly Output[] {
    const due = this.#links.filter(({ deadline }) => deadline !== undefined && deadline <= nowMs);
    return due.flatMap((link) => this.#run(link, step));
  }

  /** Inputs of a connection that was given up already mean nothing. */
  onConnection(connection: ConnectionId, step: (link: Link) => readonly Output[]): readonly Output[] {
    const link = this.#byConnection.get(connection);
    return link === undefined ? [] : this.#run(link, step);
  }

  onLink(index: number, step: (link: Link) => readonly Output[]): readonly Output[] {
    const link = this.#links[index];
    return link === undefined ? [] : this.#run(link, step);
  }

  #run(link: Link, step: (link: Link) => readonly Output[]): readonly Output[] {
    const before = link.connection;
    const outputs = step(link);
    const after = link.connection;
    if (before !== after) {
      if (before !== undefined) this.#byConnection.delete(before);
      if (after !== undefined) this.#byConnection.set(after, link);
    }
    return outputs;
  }
}
