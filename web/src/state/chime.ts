// A short sound, made here: nothing is loaded. Browsers let a page sound only after it was touched.

import { signal } from '@preact/signals';
import { storage } from './storage';

const storage_key = 'usher.sound';

export const wantsSound = signal(storage.getItem(storage_key) === 'on');

let context: AudioContext | null = null;

export function setSound(on: boolean): void {
  wantsSound.value = on;
  storage.setItem(storage_key, on ? 'on' : 'off');
  if (on) chime(); // so that one knows what to listen for, and the browser knows that it may
}

const notes = [
  { hz: 659.3, at: 0 },
  { hz: 880, at: 0.18 },
  { hz: 1318.5, at: 0.36 },
];

export function chime(): void {
  if (!wantsSound.value || typeof AudioContext === 'undefined') return;
  context ??= new AudioContext();
  void context.resume();
  for (const { hz, at } of notes) {
    const begin = context.currentTime + at;
    const tone = new OscillatorNode(context, { type: 'sine', frequency: hz });
    const loud = new GainNode(context, { gain: 0 });
    loud.gain.setValueAtTime(0, begin);
    loud.gain.linearRampToValueAtTime(0.22, begin + 0.02);
    loud.gain.exponentialRampToValueAtTime(0.001, begin + 0.7);
    tone.connect(loud).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + 0.75);
  }
}
