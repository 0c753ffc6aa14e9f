import type { ScreenSize } from './screen.ts';

type Terminal = NodeJS.WritableStream & { readonly columns?: number; readonly rows?: number };

const REDRAW_MS = 250;
const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const HOME = '\u001b[H';
const CLEAR_LINE_END = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
const CLEAR = '\u001b[2J';

/** Draws the screen over itself four times a second. `close` leaves the last picture standing. */
export function startTerminalView(
  terminal: Terminal,
  render: (size: ScreenSize) => readonly string[],
): { close(): void } {
  const draw = () => {
    const lines = render({ columns: terminal.columns ?? 80, rows: terminal.rows ?? 24 });
    terminal.write(`${HOME}${lines.map((line) => line + CLEAR_LINE_END).join('\n')}\n${CLEAR_BELOW}`);
  };
  // What a terminal makes of the old lines in a new width is not to be drawn over.
  const redraw = () => {
    terminal.write(CLEAR);
    draw();
  };
  // Also where a role hangs and the process ends without waiting for it.
  const showCursor = () => void terminal.write(SHOW_CURSOR);
  process.once('exit', showCursor);
  terminal.write(HIDE_CURSOR);
  redraw();
  terminal.on('resize', redraw);
  const timer = setInterval(draw, REDRAW_MS);
  return {
    close() {
      clearInterval(timer);
      terminal.off('resize', redraw);
      draw();
      process.off('exit', showCursor);
      showCursor();
    },
  };
}
