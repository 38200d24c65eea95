// What a poster looks like that nobody has drawn: always the same for the same name.

const grounds = ['night', 'amber', 'velvet', 'garden', 'paper', 'river'] as const;
const scenes = ['beams', 'rows', 'curtain'] as const;

export interface PosterLooks {
  ground: (typeof grounds)[number];
  scene: (typeof scenes)[number];
  turn: number; // 0 to 6: a variation of the scene
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let sum = 0x811c9dc5;
  for (const unit of text) sum = Math.imul(sum ^ (unit.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return sum;
}

export function posterOf(name: string): PosterLooks {
  const sum = hash(name.normalize('NFC').trim());
  return {
    ground: grounds[sum % grounds.length] ?? 'night',
    scene: scenes[(sum >>> 8) % scenes.length] ?? 'beams',
    turn: (sum >>> 16) % 7,
  };
}
