import { describe, expect, it } from 'vitest';
import { isEmail, isPhone } from './checks';

describe('isEmail', () => {
  it('takes addresses and nothing else', () => {
    for (const good of ['a@b.kr', ' first.last+tag@mail.example.com ', '한글@예시.한국']) {
      expect(isEmail(good)).toBe(true);
    }
    for (const bad of [
      '',
      'a@b',
      '@b.kr',
      'a b@c.kr',
      'a@b..kr',
      'a@@b.kr',
      `${'a'.repeat(250)}@b.kr`,
    ]) {
      expect(isEmail(bad)).toBe(false);
    }
  });
});

describe('isPhone', () => {
  it('takes numbers as people write them', () => {
    for (const good of ['01012345678', '010-1234-5678', '+82 10 1234 5678', '(02) 123-4567']) {
      expect(isPhone(good)).toBe(true);
    }
    for (const bad of ['', '12345', 'call me', '010-1234-567x', '----------']) {
      expect(isPhone(bad)).toBe(false);
    }
  });
});
