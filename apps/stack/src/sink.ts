import type { InterceptedMessage } from '@stratumkit/message-generator';
import type { Logger } from '@stratumkit/runtime';
import type { StackEvent } from './events.ts';

/** Who is told what happens in a stack. */
export interface StackSink {
  onEvent(event: StackEvent): void;
  /** What an operator should see: a role in trouble that goes on. */
  onWarning(text: string): void;
  /** What passes on a link, with `intercept`. */
  onMessage?(link: string, message: InterceptedMessage): void;
  /** Told why connections ended for a fault, and of faults of ours met on them. Without one, such a fault ends the process. */
  readonly log?: Logger | undefined;
  /** What `log` was told, in words, for an operator who does not see the log. */
  onFault?(text: string): void;
}
