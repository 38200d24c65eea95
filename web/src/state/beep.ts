// What a scan sounds like, told apart with closed eyes: good rises, a warning repeats, bad is low and long.

export type Tone = 'good' | 'warn' | 'bad';

const notes: Record<Tone, [hz: number, fromS: number, forS: number][]> = {
  good: [
    [660, 0, 0.09],
    [990, 0.1, 0.16],
  ],
  warn: [
    [520, 0, 0.1],
    [520, 0.16, 0.1],
    [520, 0.32, 0.1],
  ],
  bad: [[140, 0, 0.55]],
};
const shakes: Record<Tone, number[]> = { good: [60], warn: [60, 80, 60, 80, 60], bad: [400] };

let audio: AudioContext | null = null;

export function beep(tone: Tone): void {
  navigator.vibrate?.(shakes[tone]);
  try {
    audio ??= new AudioContext();
    void audio.resume();
    for (const [hz, from, length] of notes[tone]) {
      const oscillator = audio.createOscillator();
      const volume = audio.createGain();
      const at = audio.currentTime + from;
      oscillator.type = tone === 'bad' ? 'sawtooth' : 'sine';
      oscillator.frequency.value = hz;
      volume.gain.setValueAtTime(0.35, at);
      volume.gain.exponentialRampToValueAtTime(0.001, at + length);
      oscillator.connect(volume).connect(audio.destination);
      oscillator.start(at);
      oscillator.stop(at + length);
    }
  } catch {
    // No sound here: the colour and the words are there.
  }
}
