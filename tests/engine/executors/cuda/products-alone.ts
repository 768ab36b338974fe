import { END_OF_WORDS, WORDS } from '../../../../src/engine/executors/cuda/attention/products.ts'
import type { Device } from '../../../../src/engine/executors/cuda/run/device.ts'
import { type Kernel, kernelOf, type Parameter } from '../../../../src/engine/executors/cuda/kernel/kernel.ts'

/*
 * The words of attend-words.ts by themselves: a tile is multiplied by the identity from the left, so that what comes out is
 * what the matrix units found at each place of it. Once each number is its row, once its column.
 */

const TILE = 64

export interface Found {
  size: number
  near: number
  /** Places of SCORES and GATHER at which another number was found than lies there. */
  scores: number
  gathered: number
  /** The first of them: which row and column was found for which. */
  such: string[]
}

export async function productsAlone(device: Device, half: 'bf16' | 'f16'): Promise<Found[]> {
  const { tiles } = device.form
  if (tiles === null) throw new Error('This device has no matrix units')
  const all = [16, 32, 64].flatMap((size) =>
    [2, 4, 8].map((near) => ({ size, near, kernel: kernelFor(tiles, size, near) })),
  )
  await device.load(all.map(({ kernel }) => kernel))
  const found: Found[] = []
  for (const one of all) found.push(await look({ device, half, ...one }))
  return found
}

function kernelFor(tiles: 'warp' | 'warpgroup', size: number, near: number): Kernel {
  const parameter = (name: string, type: Parameter['type']): Parameter => ({ name, type, pointer: true })
  return kernelOf(
    `products_${size}_${near}`,
    [
      parameter('tileFrom', 'half'),
      parameter('one', 'half'),
      parameter('scores', 'float'),
      parameter('gathered', 'float'),
    ],
    `constexpr int SIZE = ${size}, PARTS = SIZE / 16, NEAR = ${near}, TILE = ${TILE};
${WORDS[tiles]}
const int lane = threadIdx.x % 32, g = lane / 4, t = lane % 4, own = threadIdx.x / 32 * 16 + g;
half_t* tile = (half_t*)sharedOfBlock;
for (int i = threadIdx.x; i < TILE * SIZE / 8; i += 128)
  copy16(&tile[PLACE(i / (SIZE / 8), i % (SIZE / 8))], tileFrom + i * 8, true);
endOfCopies();
TILES_ARE_THERE
sync();
${
  tiles === 'warp'
    ? `unsigned left[PARTS][4];
UNROLLED for (int p = 0; p < PARTS; p++) UNROLLED for (int i = 0; i < 4; i++) {
  const int row = own + i % 2 * 8, column = p * 16 + i / 2 * 8 + 2 * t;
  left[p][i] = row == column ? (unsigned)one->bits : row == column + 1 ? (unsigned)one->bits << 16 : 0u;
}`
    : `half_t* ownTile = tile + TILE * LINE;
for (int i = threadIdx.x; i < TILE * SIZE; i += 128) ownTile[PLACE(i / SIZE, i % SIZE / 8) + i % 8].bits = i / SIZE == i % SIZE ? one->bits : 0;
showCopies();
sync();
const word_t left = describe<SIZE>(ownTile);`
}
float made[2 * PARTS][4];
UNROLLED for (int n = 0; n < 2 * PARTS; n++) UNROLLED for (int i = 0; i < 4; i++) made[n][i] = 0.f;
ONE_BY_ONE for (int at = 0; at < TILE; at += 8 * NEAR) {
  SCORES(found, left, tile, at)
  READY(found)
  UNROLLED for (int n = 0; n < NEAR; n++) UNROLLED for (int i = 0; i < 4; i++)
    scores[(own + i / 2 * 8) * TILE + at + n * 8 + 2 * t + i % 2] = found[n][i];
  unsigned identity[NEAR / 2][4];
  UNROLLED for (int p = 0; p < NEAR / 2; p++) UNROLLED for (int i = 0; i < 4; i++) {
    const int row = own + i % 2 * 8, column = at + p * 16 + i / 2 * 8 + 2 * t;
    identity[p][i] = row == column ? (unsigned)one->bits : row == column + 1 ? (unsigned)one->bits << 16 : 0u;
  }
  GATHER(made, identity, tile, at)
}
READY(made)
UNROLLED for (int n = 0; n < 2 * PARTS; n++) UNROLLED for (int i = 0; i < 4; i++)
  gathered[(own + i / 2 * 8) * SIZE + n * 8 + 2 * t + i % 2] = made[n][i];
${END_OF_WORDS}`,
    { threads: 128, blocks: 1 },
    2 * 2 * TILE * (size + 8),
  )
}

async function look({
  device,
  half,
  size,
  near,
  kernel,
}: {
  device: Device
  half: 'bf16' | 'f16'
  size: number
  near: number
  kernel: Kernel
}): Promise<Found> {
  const bits = (value: number) => (half === 'bf16' ? bitsOfBf16(value) : bitsOfF16(value))
  const [from, one, scoresAt, gatheredAt] = [2, 1, 4, 4].map((bytes) => device.allocate(TILE * TILE * bytes)) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ]
  device.write(one, Uint16Array.of(bits(1)))
  const by = async (numberOf: (row: number, column: number) => number) => {
    const tile = Uint16Array.from({ length: TILE * size }, (_, i) => bits(numberOf(Math.floor(i / size), i % size)))
    device.write(from, tile)
    const given = [from, one, scoresAt, gatheredAt].map((value) => ({ value, pointer: true }))
    device.run([{ kind: 'kernel', kernel, grid: [1, 1], threads: 128, arguments: given }])
    const scores = new Float32Array(TILE * TILE)
    const gathered = new Float32Array(TILE * size)
    await device.read(scoresAt, scores)
    await device.read(gatheredAt, gathered)
    return { scores, gathered }
  }
  const rows = await by((row) => row)
  const columns = await by((_, column) => column)
  const such: string[] = []
  const wrong = { scores: 0, gathered: 0 }
  const expect = (what: 'scores' | 'gathered', at: number, row: number, column: number) => {
    const got = [rows[what][at], columns[what][at]]
    if (got[0] === row && got[1] === column) return
    if (wrong[what]++ < 6) such.push(`${what}: ${row},${column} is ${got.join()}`)
  }
  for (let row = 0; row < TILE; row++) {
    for (let column = 0; column < size; column++) {
      expect('scores', column * TILE + row, row, column)
      expect('gathered', row * size + column, row, column)
    }
  }
  for (const address of [from, one, scoresAt, gatheredAt]) device.free(address)
  return { size, near, ...wrong, such }
}

function bitsOfBf16(value: number): number {
  return new DataView(Float32Array.of(value).buffer).getUint32(0, true) >>> 16
}
function bitsOfF16(value: number): number {
  const bits = new DataView(Float32Array.of(value).buffer).getUint32(0, true)
  return value === 0 ? 0 : ((((bits >>> 23) & 255) - 112) << 10) | ((bits >>> 13) & 1023)
}
