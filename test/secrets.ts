import assert from 'node:assert/strict'

/** Something that must not be seen, by a name for the failure message. */
export type Planted = { name: string; value: string }

/** Where something could be seen, by a name for the failure message. */
export type Place = { name: string; content: string | Buffer }

/** A value as it may turn up: plain, in hex, and in base64 wherever in a longer text it begins. */
const formsOf = (value: string): string[] => {
  const hex = Buffer.from(value).toString('hex')
  const base64 = [0, 1, 2].flatMap(offset => {
    const text = Buffer.from('x'.repeat(offset) + value)
      .toString('base64')
      .replaceAll('=', '')
    // The first and the last characters also depend on what stands beside the value.
    const certain = text.slice(offset === 0 ? 0 : 4, -2)
    return [certain, certain.replaceAll('+', '-').replaceAll('/', '_')]
  })
  return [value, hex, hex.toUpperCase(), ...base64]
}

/** Parts long enough to be no coincidence: half a token in an answer is a leak as well. */
const partsOf = (value: string): string[] =>
  value.length < 48
    ? [value]
    : [value.slice(0, 32), value.slice(-32), value.slice(value.length / 2 - 16, value.length / 2 + 16)]

/** Shorter values would be found by chance. */
const minLength = 16

type Needle = { name: string; bytes: Buffer }

const toNeedles = ({ name, value }: Planted): Needle[] => {
  assert.ok(value.length >= minLength, `${name} is too short to be looked for`)
  const forms = new Set(partsOf(value).flatMap(formsOf))
  return [...forms].map(form => ({ name, bytes: Buffer.from(form) }))
}

const firstBytes = 4
const slotOf = (key: number): number => Math.imul(key, 0x9e3779b1) >>> 16

type Needles = { byFirstBytes: Map<number, Needle[]>; isTaken: Uint8Array }

const toIndex = (planted: readonly Planted[]): Needles => {
  const byFirstBytes = Map.groupBy(planted.flatMap(toNeedles), ({ bytes }) => bytes.readInt32BE())
  const isTaken = new Uint8Array(65_536)
  for (const key of byFirstBytes.keys()) isTaken[slotOf(key)] = 1
  return { byFirstBytes, isTaken }
}

/** Where something that is looked for may begin; of a large file these are few. */
function* findBeginnings(bytes: Buffer, { byFirstBytes, isTaken }: Needles): Iterable<[number, Needle[]]> {
  for (let key = 0, index = 0; index < bytes.length; index += 1) {
    key = (key << 8) | (bytes[index] ?? 0)
    if (isTaken[slotOf(key)]) yield [index + 1 - firstBytes, byFirstBytes.get(key) ?? []]
  }
}

const findAt = (bytes: Buffer, from: number, needles: readonly Needle[]): string[] =>
  needles
    .filter(needle => bytes.subarray(from, from + needle.bytes.length).equals(needle.bytes))
    .map(({ name }) => name)

/** Looks for all planted values in one pass, because a database's files are large and the values many. */
export const createSearch = (planted: readonly Planted[]): ((haystack: string | Buffer) => string[]) => {
  const index = toIndex(planted)
  return haystack => {
    const bytes = Buffer.isBuffer(haystack) ? haystack : Buffer.from(haystack)
    const found = new Set<string>()
    for (const [from, needles] of findBeginnings(bytes, index))
      for (const name of findAt(bytes, from, needles)) found.add(name)
    return planted.map(({ name }) => name).filter(name => found.has(name))
  }
}

/** Names of the planted values that a text or file holds in any form. */
export const findPlanted = (planted: readonly Planted[], haystack: string | Buffer): string[] =>
  createSearch(planted)(haystack)

/** Fails for everything planted that stands in any of the places. */
export const assertNotIn = (places: readonly Place[], planted: readonly Planted[]): void => {
  assert.ok(places.length > 0)
  const search = createSearch(planted)
  for (const { name, content } of places) assert.deepEqual(search(content), [], name)
}
