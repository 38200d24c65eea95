import { describe, expect, it } from 'vitest';
import { deviceName } from './device';

describe('deviceName', () => {
  it('is short and known', () => {
    const chrome =
      'Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36';
    expect(deviceName(chrome)).toBe('Chrome · Android');
    const safari =
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1';
    expect(deviceName(safari)).toBe('Safari · iPhone');
    expect(deviceName('Mozilla/5.0 (Windows NT 10.0) Firefox/140.0')).toBe('Firefox · Windows');
    expect(deviceName('curl/8.0')).toBe('');
  });
});
