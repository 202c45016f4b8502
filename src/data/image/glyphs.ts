/** The strokes with which people write the ten digits, as points by hand. Data only; drawn by digits.ts. */

/** A point of the pen's path: x to the right, y down, the digit about 1 high. */
export type Point = readonly [x: number, y: number];

/** One movement of the pen: straight from point to point, or in a smooth curve through them. */
export interface Stroke {
  readonly smooth: boolean;
  readonly points: readonly Point[];
}

/** "50 0, 52 100": points in hundredths. */
const read = (points: string): Point[] =>
  points.split(", ").map((point) => {
    const [x, y] = point.split(" ").map(Number);
    return [x / 100, y / 100];
  });

const line = (points: string): Stroke => ({ smooth: false, points: read(points) });
const curve = (points: string): Stroke => ({ smooth: true, points: read(points) });

const bowlOfSix = curve("75 2, 40 20, 17 60, 27 93, 55 100, 80 82, 70 57, 42 55, 20 72");
const headOfNine = curve("80 20, 52 0, 22 17, 25 42, 50 50, 74 36, 80 16");
const bowlOfThree = curve("38 48, 70 53, 83 76, 58 98, 30 100, 10 90");
const bowlOfFive = curve("20 44, 52 36, 82 52, 82 82, 50 100, 10 92");

/** For each digit the ways in which people write it. */
export const glyphs: readonly (readonly (readonly Stroke[])[])[] = [
  // 0
  [
    [curve("50 0, 22 13, 12 50, 24 88, 50 100, 77 87, 88 50, 77 13, 50 0")],
    [curve("66 2, 30 10, 12 50, 24 90, 50 100, 80 84, 88 45, 72 10, 42 3")],
  ],
  // 1: a stick, with a flag, with a flag and a foot
  [
    [line("50 0, 50 100")],
    [curve("53 0, 50 50, 46 100")],
    [line("28 22, 52 0, 52 100")],
    [line("30 20, 52 0, 52 100"), line("25 100, 80 100")],
  ],
  // 2: with a corner, with a loop
  [
    [curve("15 24, 30 5, 56 0, 80 16, 77 42, 50 70, 12 99"), line("12 99, 88 97")],
    [curve("15 20, 40 1, 72 10, 76 40, 52 75, 28 96, 10 90, 20 76, 45 84, 70 98, 92 90")],
  ],
  // 3: round, with a flat top
  [
    [curve("15 12, 45 0, 77 16, 68 40, 38 48"), bowlOfThree],
    [line("15 3, 80 3, 40 46"), curve("40 46, 72 52, 84 74, 58 98, 30 100, 10 90")],
  ],
  // 4: open, closed
  [
    [curve("22 2, 17 30, 15 52"), line("15 52, 85 50"), curve("78 3, 75 50, 70 100")],
    [curve("22 2, 16 36, 30 54, 55 52, 76 40"), line("80 3, 68 100")],
    [line("66 100, 66 0, 10 66, 90 66")],
  ],
  // 5: in one go, with a long roof
  [
    [line("78 2, 30 2, 20 44"), bowlOfFive],
    [line("26 5, 20 44"), line("26 5, 92 0"), bowlOfFive],
  ],
  // 6: leaning, upright
  [[bowlOfSix], [curve("40 0, 20 40, 18 78, 42 100, 74 92, 80 68, 56 54, 22 74")]],
  // 7: plain, with a hook, with a bar
  [
    [line("10 5, 85 5"), curve("85 5, 62 45, 42 100")],
    [line("10 20, 14 4, 85 3, 45 100")],
    [line("10 5, 85 5"), curve("85 5, 62 45, 45 100"), line("35 50, 84 48")],
  ],
  // 8: in one go, as two circles
  [
    [curve("74 14, 50 0, 24 16, 40 42, 70 62, 76 86, 50 100, 24 88, 28 64, 60 42, 78 20, 74 12")],
    [curve("50 0, 28 10, 28 36, 50 46, 72 36, 72 10, 50 0"), curve("50 46, 22 60, 22 88, 50 100, 78 88, 78 60, 50 46")],
  ],
  // 9: with a straight, a round, a hooked tail
  [
    [headOfNine, curve("80 16, 76 55, 64 100")],
    [headOfNine, curve("80 16, 80 55, 68 88, 46 100, 24 93")],
    [headOfNine, line("80 12, 74 100")],
  ],
];
