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
  readonly log?: Logger | undefined;
}
