import { monitorEventLoopDelay } from 'node:perf_hooks';

// Loaded before a service: whoever started it asks, and is told the longest that its event loop stood still since then,
// in milliseconds. Node counts from tick to tick, so the time between two ticks without a stall is taken away.

const TICK_MS = 1;
const delays = monitorEventLoopDelay({ resolution: TICK_MS });
delays.enable();
process.on('message', () => {
  process.send?.(Math.max(0, delays.max / 1e6 - TICK_MS));
  delays.reset();
});
process.channel?.unref();
