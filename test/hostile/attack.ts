// Knocks at every door with seeded requests, several in flight, and judges each. What fails says its seed and its bytes.
import { createRandom } from '../../emulators/world/random.ts';
import { createConnection, type Connection, type Wire } from './connection.ts';
import { doors as names, type Door, type Doors } from './doors.ts';
import { judge, type Exchange, type Verdict } from './judge.ts';
import { hostileRequest } from './requests.ts';

const WIDTH = 16;

export interface Attack {
  seed: string | number;
  from: number;
  to: number;
}

export type Tally = Record<Verdict, number>;

/** Sends requests number `from` to `to` of the seed; returns what became of how many, and those that were refused. */
export async function attack(doors: Doors, { seed, from, to }: Attack): Promise<{ tally: Tally; refused: Exchange[] }> {
  const tally: Tally = { handled: 0, quarantined: 0, refused: 0, unheard: 0 };
  const refused: Exchange[] = [];
  let next = from;
  const knock = async () => {
    const connections = new Map(names.map((door) => [door, createConnection(doors.ports[door])]));
    while (next < to) {
      const number = next++;
      const { door, wire } = requestOf(seed, number);
      const connection = connections.get(door) as Connection;
      // Some come twice, as everything may: what was stored of them is read then.
      for (const id of number % 10 === 0 ? [`${number}`, `${number}-again`] : [`${number}`]) {
        const exchange = await exchangeOf(connection, { door, id, wire });
        const verdict = await judge(exchange, doors).catch((error: unknown) => {
          next = to;
          const what = `request ${number} of seed ${seed}, ${door}: ${String(error)}`;
          throw new Error(`${what}\n${show(exchange.wire)}`, { cause: error });
        });
        tally[verdict]++;
        if (verdict === 'quarantined' || verdict === 'refused') refused.push(exchange);
      }
    }
    for (const connection of connections.values()) connection.close();
  };
  await Promise.all(Array.from({ length: WIDTH }, knock));
  return { tally, refused };
}

/** Sends a request under a name that its trace will be found by. */
export async function exchangeOf(
  connection: Connection,
  { door, id, wire }: Pick<Exchange, 'door' | 'id' | 'wire'>,
): Promise<Exchange> {
  const sent = { ...wire, headers: [...(wire.headers ?? []), ['x-case', id] as const] };
  return { door, id, wire, answer: await connection.send(sent) };
}

/** Each request is drawn from the seed and its number alone, so that one can be sent again without the others. */
export function requestOf(seed: string | number, number: number): { door: Door; wire: Wire } {
  const random = createRandom(seed, 'hostile', number);
  const door = names[Math.floor(random() * names.length)] as Door;
  return { door, wire: hostileRequest(random, door) };
}

function show({ method, path, headers = [], body = new Uint8Array(), cutAt }: Wire): string {
  const lines = headers.map(([name, value]) => `${name}: ${value.slice(0, 200)}`);
  const text = Buffer.from(body).toString('utf8');
  const cut = cutAt === undefined ? '' : ` (cut at ${cutAt})`;
  return `${method} ${path.slice(0, 200)}${cut}\n${lines.join('\n')}\n${JSON.stringify(text.slice(0, 4000))}`;
}
