const FIRST = 'Ada Ben Chi Dia Eli Fay Gus Hana Ivo Jun Kai Lea Mia Noa Oki Pia Quin Ria Sol Tao Uma Vic Wren Xena Yara Zed'.split(' ');
const LAST =
  'Ash Birch Cedar Dune Elm Fern Grove Heath Iris Juniper Kelp Larch Moss Nettle Oak Pine Quartz Reed Sage Thorn Umber Vale Willow Yew'.split(
    ' ',
  );

/** The players of the demo tokens play too. */
const KNOWN = [
  { id: 'ada', name: 'Ada Lovelace' },
  { id: 'grace', name: 'Grace Hopper' },
];

export interface Player {
  readonly id: string;
  readonly name: string;
  /** Places in a match are drawn by this; the spread makes a board with a few far ahead and many close together. */
  readonly skill: number;
}

/** The same players at every run, so that the board goes on where it stood. */
export function demoPlayers(count: number): readonly Player[] {
  return Array.from({ length: count }, (_, index) => {
    const skill = 1 + 9 * ((index * 0.618) % 1) ** 4;
    const known = KNOWN[index];
    if (known !== undefined) return { ...known, skill };
    const first = FIRST[index % FIRST.length];
    const last = LAST[Math.floor(index / FIRST.length) % LAST.length];
    const round = Math.floor(index / (FIRST.length * LAST.length));
    return { id: `player-${index + 1}`, name: `${first} ${last}${round === 0 ? '' : ` ${round + 1}`}`, skill };
  });
}
