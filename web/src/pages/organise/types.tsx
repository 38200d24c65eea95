import { gradeName } from '../../i18n/format';
import { organiseWords } from '../../i18n/organise';
import {
  isMost,
  isName,
  readCost,
  type Typed,
  types_max,
  withOneMore,
} from '../../state/pricetypes';
import { Line } from './form';

interface TypesProps {
  types: readonly Typed[];
  grades: readonly string[];
  tried: boolean;
  digits: number;
  onChange(types: readonly Typed[]): void;
}

/** Who pays what: a row for each type, of which the first pays the prices above. */
export function Types({ types, grades, tried, digits, onChange }: TypesProps) {
  const say = organiseWords.value;
  const put = (at: number, part: Partial<Typed>) =>
    onChange(types.map((one, i) => (i === at ? { ...one, ...part } : one)));
  return (
    <section aria-label={say.typesTitle} data-part="types">
      <h3>{say.typesTitle}</h3>
      <p class="soft">{say.typesHint}</p>
      {types.map((type, at) => (
        <TypeRow
          key={type.number}
          type={type}
          grades={grades}
          tried={tried}
          digits={digits}
          onPut={(part) => put(at, part)}
          onRemove={() =>
            onChange(at === 0 ? [] : types.filter(({ number }) => number !== type.number))
          }
        />
      ))}
      <button
        type="button"
        class="plain"
        data-action="add-type"
        disabled={types.length >= types_max}
        onClick={() => onChange(withOneMore(types, grades.length, say.firstType))}
      >
        {say.addType}
      </button>
    </section>
  );
}

interface RowProps {
  type: Typed;
  grades: readonly string[];
  tried: boolean;
  digits: number;
  onPut(part: Partial<Typed>): void;
  onRemove(): void;
}

function TypeRow({ type, grades, tried, digits, onPut, onRemove }: RowProps) {
  const say = organiseWords.value;
  const wrong = (bad: boolean, text: string) => (tried && bad ? text : '');
  return (
    <fieldset class="org-type" data-type={type.number}>
      <legend>{type.english || say.typeNew}</legend>
      <div class="org-fields">
        <Line
          label={say.typeKorean}
          name={`type-korean-${type.number}`}
          value={type.korean}
          wrong={wrong(!isName(type.korean), say.badTypeName)}
          onInput={(korean) => onPut({ korean })}
        />
        <Line
          label={say.typeEnglish}
          name={`type-english-${type.number}`}
          value={type.english}
          wrong={wrong(!isName(type.english), say.badTypeName)}
          onInput={(english) => onPut({ english })}
        />
        {type.number === 0
          ? null
          : grades.map((grade, category) => (
              <Line
                key={grade}
                label={say.price(gradeName(grade))}
                name={`type-price-${type.number}-${category}`}
                value={type.amounts[category] ?? ''}
                hint={say.typePriceHint}
                wrong={wrong(readCost(type.amounts[category] ?? '', digits) === null, say.badPrice)}
                onInput={(value) =>
                  onPut({
                    amounts: grades.map((_, i) =>
                      i === category ? value : (type.amounts[i] ?? ''),
                    ),
                  })
                }
              />
            ))}
        {type.number === 0 ? null : (
          <Line
            label={say.typeMost}
            name={`type-most-${type.number}`}
            type="number"
            value={type.most}
            hint={say.typeMostHint}
            wrong={wrong(!isMost(type.most), say.typeMostHint)}
            onInput={(most) => onPut({ most })}
          />
        )}
      </div>
      <label class="check">
        <input
          type="checkbox"
          name={`type-proof-${type.number}`}
          checked={type.proof}
          onChange={({ currentTarget }) => onPut({ proof: currentTarget.checked })}
        />
        <span>{say.typeProof}</span>
      </label>
      {type.number === 0 ? null : (
        <label class="check">
          <input
            type="checkbox"
            name={`type-companion-${type.number}`}
            checked={type.companion}
            onChange={({ currentTarget }) => onPut({ companion: currentTarget.checked })}
          />
          <span>{say.typeCompanion}</span>
        </label>
      )}
      <button type="button" class="plain" data-action="remove-type" onClick={onRemove}>
        {type.number === 0 ? say.removeTypes : say.removeType}
      </button>
    </fieldset>
  );
}
