import { posterOf } from '../state/poster';

interface PosterProps {
  name: string;
  /** Below the name: when, and where. */
  lines: readonly string[];
  /** The address of an uploaded picture; empty: one is made. */
  picture?: string;
}

/** A poster, 3:4. Where nobody uploaded one it is made of the name: an ornament, its words are told beside it. */
export function Poster({ name, lines, picture }: PosterProps) {
  if (picture) {
    return (
      <img
        class="poster"
        src={picture}
        srcset={widthsOf(picture)}
        sizes="(min-width: 760px) 300px, 46vw"
        alt=""
        loading="lazy"
        decoding="async"
      />
    );
  }
  const { ground, scene, turn } = posterOf(name);
  return (
    <div class={`poster poster-${ground}`} aria-hidden="true">
      <svg viewBox="0 0 300 400" preserveAspectRatio="xMidYMin slice" aria-hidden="true">
        {scene === 'beams' ? <Beams turn={turn} /> : null}
        {scene === 'rows' ? <Rows turn={turn} /> : null}
        {scene === 'curtain' ? <Curtain turn={turn} /> : null}
      </svg>
      <p class={`poster-name${name.length > 22 ? ' poster-name-long' : ''}`}>{name}</p>
      <p class="poster-lines">
        {lines.filter(Boolean).map((line) => (
          <span key={line}>{line}</span>
        ))}
      </p>
    </div>
  );
}

/** A picture that was uploaded here is there in three widths (TicketService/SetPoster). */
function widthsOf(picture: string): string | undefined {
  const at = /^(\/posters\/[0-9a-f]{32})-600\.jpg$/.exec(picture)?.[1];
  return at
    ? [300, 600, 1200].map((width) => `${at}-${width}.jpg ${width}w`).join(', ')
    : undefined;
}

/** The usher's torch, and its light over the house. */
function Beams({ turn }: { turn: number }) {
  const y = 60 + turn * 12;
  return (
    <>
      {[0, 1, 2].map((n) => (
        <path
          key={n}
          class="poster-light"
          opacity={0.9 - n * 0.28}
          d={`M40 ${y} 340 ${y - 90 + n * 70}v${70 + n * 26}z`}
        />
      ))}
      <circle class="poster-spot" cx="40" cy={y} r="21" />
    </>
  );
}

/** Rows of seats around a stage. */
function Rows({ turn }: { turn: number }) {
  const rows = [];
  for (let row = 0; row < 9; row++) {
    const radius = 52 + row * 20;
    const seats = Math.floor(radius / 5.2);
    for (let seat = 0; seat < seats; seat++) {
      const angle = (Math.PI * (seat + 0.5)) / seats;
      rows.push(
        <circle
          key={`${row} ${seat}`}
          class={(seat * 7 + row * 3 + turn) % 11 === 0 ? 'poster-spot' : 'poster-light'}
          cx={(150 + Math.cos(angle) * radius).toFixed(1)}
          cy={(18 + Math.sin(angle) * radius).toFixed(1)}
          r="4.2"
        />,
      );
    }
  }
  return (
    <>
      <rect class="poster-spot" x="108" y="0" width="84" height="26" rx="4" />
      {rows}
    </>
  );
}

/** The curtain, a hand wide open. */
function Curtain({ turn }: { turn: number }) {
  const middle = 110 + turn * 14;
  const folds = [-3, -2, -1, 1, 2, 3];
  return (
    <>
      <path class="poster-spot" d={`M${middle} 0 ${middle - 26} 270h52z`} />
      {folds.map((fold) => (
        <path
          key={fold}
          class="poster-light"
          opacity={1 - Math.abs(fold) * 0.24}
          d={`M${middle + fold * 6} 0q${fold * 8} 150 ${fold * 32} 270h${fold * 26}q${-fold * 10}-130 ${-fold * 22}-270z`}
        />
      ))}
    </>
  );
}
