/** What happens at a time: called once. */
export type Action = () => void;

/** Children of a node: with four the heap is half as deep as with two, and they lie side by side. */
const CHILDREN = 4;
const FIRST_CAPACITY = 1 << 10;

/** Actions by time; at the same time, in the order they were added. A heap, its keys in flat arrays. */
export class EventQueue {
  #times = new Float64Array(FIRST_CAPACITY);
  #orders = new Float64Array(FIRST_CAPACITY);
  readonly #actions: Action[] = [];
  #order = 0;

  get size(): number {
    return this.#actions.length;
  }

  get nextMs(): number | undefined {
    return this.#actions.length === 0 ? undefined : this.#times[0];
  }

  add(atMs: number, action: Action): void {
    const actions = this.#actions;
    const order = this.#order++;
    let index = actions.length;
    actions.push(action);
    if (index === this.#times.length) this.#grow();
    const times = this.#times;
    // What was added before comes before it at the same time, so that times alone decide.
    while (index > 0) {
      const parent = Math.floor((index - 1) / CHILDREN);
      if (times[parent]! <= atMs) break;
      this.#move(parent, index);
      index = parent;
    }
    this.#put(index, atMs, order, action);
  }

  /** Takes out what comes next. */
  take(): Action | undefined {
    const actions = this.#actions;
    const first = actions[0];
    const last = actions.pop();
    if (first === undefined || last === undefined || actions.length === 0) return first;
    const times = this.#times;
    const orders = this.#orders;
    const { length } = actions;
    const atMs = times[length]!;
    const order = orders[length]!;
    let index = 0;
    for (;;) {
      const from = CHILDREN * index + 1;
      if (from >= length) break;
      const end = Math.min(from + CHILDREN, length);
      let child = from;
      for (let other = from + 1; other < end; other++) {
        const difference = times[other]! - times[child]!;
        if (difference < 0 || (difference === 0 && orders[other]! < orders[child]!)) child = other;
      }
      const difference = atMs - times[child]!;
      if (difference < 0 || (difference === 0 && order < orders[child]!)) break;
      this.#move(child, index);
      index = child;
    }
    this.#put(index, atMs, order, last);
    return first;
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from]!, this.#orders[from]!, this.#actions[from]!);
  }

  #put(index: number, atMs: number, order: number, action: Action): void {
    this.#times[index] = atMs;
    this.#orders[index] = order;
    this.#actions[index] = action;
  }

  #grow(): void {
    const { length } = this.#times;
    const times = new Float64Array(2 * length);
    const orders = new Float64Array(2 * length);
    times.set(this.#times);
    orders.set(this.#orders);
    this.#times = times;
    this.#orders = orders;
  }
}
