import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { doorWords } from '../i18n/door';

const look_ms = 120;
const again_ms = 2_500; // the same code, still in front of the camera, is no second scan
const side_max = 720;

type Reader = (image: ImageData) => string | null;

/** What reads QR codes: the browser's own reader where it has one would be quicker, but is not the same everywhere. */
const loadReader = async (): Promise<Reader> => {
  const { decodeQR } = await import('qr/decode.js');
  return (image) => {
    try {
      return decodeQR(image) || null;
    } catch {
      return null; // no code in sight
    }
  };
};

/** The camera's picture, looked at for codes until it is gone. */
export function Camera({ onCode }: { onCode(code: string): void }) {
  const say = doorWords.value;
  const video = useRef<HTMLVideoElement>(null);
  const failed = useSignal(false);
  const told = useRef(onCode);
  told.current = onCode;
  useEffect(() => {
    let over = false;
    let stream: MediaStream | null = null;
    let timer = 0;
    let last = { code: '', atMs: 0 };
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const look = (read: Reader) => {
      const element = video.current;
      if (over || !element || !context) return;
      const { videoWidth: width, videoHeight: height } = element;
      const scale = Math.min(1, side_max / Math.max(width, height, 1));
      if (width > 0) {
        canvas.width = Math.round(width * scale);
        canvas.height = Math.round(height * scale);
        context.drawImage(element, 0, 0, canvas.width, canvas.height);
        const code = read(context.getImageData(0, 0, canvas.width, canvas.height));
        const now = performance.now();
        if (code && (code !== last.code || now - last.atMs > again_ms)) told.current(code);
        if (code) last = { code, atMs: now };
      }
      timer = setTimeout(look, look_ms, read) as unknown as number;
    };
    const begin = async () => {
      const wish = { video: { facingMode: 'environment', width: { ideal: 1280 } }, audio: false };
      const [given, read] = await Promise.all([
        navigator.mediaDevices.getUserMedia(wish),
        loadReader(),
      ]);
      stream = given;
      const element = video.current;
      if (over || !element) return stop();
      element.srcObject = given;
      await element.play();
      look(read);
    };
    const stop = () => {
      for (const track of stream?.getTracks() ?? []) track.stop();
    };
    begin().catch(() => {
      failed.value = true;
    });
    return () => {
      over = true;
      clearTimeout(timer);
      stop();
    };
  }, [failed]);
  if (failed.value) return <p class="camera-none">{say.noCamera}</p>;
  return (
    <div class="camera">
      <video ref={video} muted playsInline aria-label={say.camera} />
    </div>
  );
}
