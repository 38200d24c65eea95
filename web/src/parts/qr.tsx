import '../style/orders.css';
import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';

interface Drawing {
  size: number;
  path: string;
}

const quiet = 4; // modules of white around the code, ISO/IEC 18004

/** A QR code as one path. What draws it is loaded when the first ticket is shown. */
export function QrCode({ text, label }: { text: string; label: string }) {
  const drawing = useSignal<Drawing | null>(null);
  useEffect(() => {
    let wanted = true;
    void import('./qrdrawing').then(({ drawQr }) => {
      if (wanted) drawing.value = drawQr(text);
    });
    return () => {
      wanted = false;
    };
  }, [text, drawing]);
  const { size, path } = drawing.value ?? { size: 33, path: '' };
  const side = size + 2 * quiet;
  return (
    <svg
      class="qr"
      viewBox={`0 0 ${side} ${side}`}
      role="img"
      aria-label={label}
      data-modules={drawing.value ? size : 0}
    >
      <rect width={side} height={side} fill="#fff" />
      <path transform={`translate(${quiet} ${quiet})`} d={path} fill="#16141a" />
    </svg>
  );
}
