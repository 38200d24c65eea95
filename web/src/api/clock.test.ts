import { describe, expect, it } from 'vitest';
import { ServerClock } from './clock';

describe('ServerClock', () => {
  it('trusts the client as long as it may be right', () => {
    const clock = new ServerClock();
    expect(clock.offsetMs).toBe(0);
    clock.observe(10_000, 10_400, 10_450); // the server's second has begun 400 ms ago
    expect(clock.offsetMs).toBe(0);
  });

  it('comes closer with every answer', () => {
    const ahead = 90_250; // the server's clock is this far ahead
    const clock = new ServerClock();
    for (let at = 1_000_000; at < 1_030_000; at += 1_130) {
      const server = at + ahead + 20;
      clock.observe(Math.floor(server / 1000) * 1000, at, at + 40);
    }
    expect(Math.abs(clock.offsetMs - ahead)).toBeLessThan(100);
    expect(clock.now(5)).toBe(5 + clock.offsetMs);
  });

  it('forgets what it knew when a clock jumps', () => {
    const clock = new ServerClock();
    clock.observe(10_000, 10_100, 10_200);
    clock.observe(3_611_000, 11_100, 11_200);
    expect(clock.offsetMs).toBeGreaterThan(3_599_000);
    expect(clock.offsetMs).toBeLessThan(3_601_000);
  });
});
