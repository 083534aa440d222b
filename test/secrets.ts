/** Something that must not be seen, by a name for the failure message. */
export type Planted = { name: string; value: string }

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

/** Names of the planted values that a text or file holds in any form. */
export const findPlanted = (planted: readonly Planted[], haystack: string | Buffer): string[] => {
  const bytes = Buffer.isBuffer(haystack) ? haystack : Buffer.from(haystack)
  return planted
    .filter(({ value }) =>
      partsOf(value)
        .flatMap(formsOf)
        .some(form => bytes.includes(form)),
    )
    .map(({ name }) => name)
}
