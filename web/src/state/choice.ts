// What a person has picked and not yet held. Local to this page: nobody else sees it.

export interface Choice {
  readonly seats: readonly number[]; // in the order of picking
  readonly areas: ReadonlyMap<number, number>; // places by standing section
}

export const empty: Choice = { seats: [], areas: new Map() };

export function placesOf({ seats, areas }: Choice): number {
  let places = seats.length;
  for (const quantity of areas.values()) places += quantity;
  return places;
}

export function toggled(choice: Choice, seat: number): Choice {
  const seats = choice.seats.includes(seat)
    ? choice.seats.filter((other) => other !== seat)
    : [...choice.seats, seat];
  return { ...choice, seats };
}

export function without(choice: Choice, gone: readonly number[]): Choice {
  return { ...choice, seats: choice.seats.filter((seat) => !gone.includes(seat)) };
}

export function withArea(choice: Choice, section: number, quantity: number): Choice {
  const areas = new Map(choice.areas);
  if (quantity > 0) areas.set(section, quantity);
  else areas.delete(section);
  return { ...choice, areas };
}
