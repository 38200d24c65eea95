import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { words } from '../i18n/words';
import { Icon } from '../parts/icon';
import { LinkState } from '../parts/link';
import type { Sale } from '../state/sale';
import type { Plan } from './plan';
import { Scene, type Tip } from './scene';

/** The hall, live. Its data attributes tell what is shown, for those who look from outside. */
export function SeatMap({ sale, plan }: { sale: Sale; plan: Plan }) {
  const element = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const small = useRef<HTMLCanvasElement>(null);
  const scene = useRef<Scene | null>(null);
  const tip = useSignal<Tip | null>(null);
  const touched = useSignal(false);

  useEffect(() => {
    if (!element.current || !canvas.current || !small.current) return;
    const made = new Scene(element.current, canvas.current, small.current, sale, plan, (next) => {
      const now = tip.peek();
      if (now?.seat === next?.seat && now?.x === next?.x && now?.y === next?.y) return;
      tip.value = next;
    });
    scene.current = made;
    return () => made.close();
  }, [sale, plan, tip]);

  const touch = () => {
    touched.value = true;
  };
  const zoom = (how: (scene: Scene) => void) => () => {
    touch();
    if (scene.current) how(scene.current);
  };
  const say = words.value;
  const { free, held, sold } = sale.counts.value;
  return (
    <div class="map">
      <div
        ref={element}
        class="map-face"
        role="application"
        tabIndex={0}
        aria-label={say.mapLabel}
        aria-describedby="map-help"
        data-version={String(sale.version.value)}
        data-free={free}
        data-held={held}
        data-sold={sold}
        data-link={sale.link.value}
        onPointerDown={touch}
        onKeyDown={touch}
        onWheel={touch}
      >
        <canvas ref={canvas} aria-hidden="true" />
        <SeatTip sale={sale} scene={scene.current} tip={tip.value} />
      </div>
      <canvas ref={small} class="map-mini" aria-hidden="true" hidden />
      <p id="map-help" class="unseen">
        {say.mapHelp}
      </p>
      <LinkState link={sale.link.value} />
      <p
        class={`map-hint${touched.value || sale.hold.value || !sale.buyable.value ? ' gone' : ''}`}
        aria-hidden="true"
      >
        {say.mapHint}
      </p>
      <div class="map-zoom">
        <button type="button" aria-label={say.zoomIn} onClick={zoom((map) => map.zoom(1.7))}>
          <Icon name="plus" />
        </button>
        <button type="button" aria-label={say.zoomOut} onClick={zoom((map) => map.zoom(1 / 1.7))}>
          <Icon name="minus" />
        </button>
        <button type="button" aria-label={say.zoomFit} onClick={zoom((map) => map.home())}>
          <Icon name="fit" />
        </button>
      </div>
    </div>
  );
}

function SeatTip({ sale, scene, tip }: { sale: Sale; scene: Scene | null; tip: Tip | null }) {
  if (!tip || !scene) return null;
  sale.version.value; // what it says changes with the hall
  sale.choice.value;
  const [place, price, state] = scene.lines(tip.seat);
  return (
    <div
      class={`tip tip-${tip.lean}${tip.y < 110 ? ' tip-below' : ''}${tip.touch ? ' tip-sheet' : ''}`}
      data-seat={tip.seat}
      aria-hidden="true"
      style={
        tip.touch
          ? { transform: 'none' }
          : { transform: `translate(${Math.round(tip.x)}px, ${Math.round(tip.y)}px)` }
      }
    >
      <div class="tip-body">
        <strong>{place}</strong>
        <span>
          {price} · {state}
        </span>
        {scene.more(tip.seat).map((line) => (
          <small key={line}>{line}</small>
        ))}
      </div>
    </div>
  );
}
