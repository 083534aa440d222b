/** A longer name is no slip of the keyboard, and comparing it would be work that a caller could ask for. */
const maxLength = 64

const plain = (name: string): string => name.toLowerCase().replaceAll(/[-_]/g, '')

/** The known name that was probably meant: the same but for case, hyphens and underscores, or a slip or two away. */
export const findNearestName = (name: string, known: readonly string[]): string | undefined => {
  if (name.length > maxLength) return undefined
  const [nearest] = known
    .map(candidate => ({ candidate, slips: countSlips(plain(name), plain(candidate)) }))
    // One slip in a short name, one more with every four letters: `team` is not a misspelt `name`.
    .filter(({ candidate, slips }) => slips <= Math.max(1, Math.floor(candidate.length / 4)))
    .sort((a, b) => a.slips - b.slips)
  return nearest?.candidate
}

/** Letters left out, added, replaced or swapped with the next one (optimal string alignment distance). */
export const countSlips = (a: string, b: string): number => {
  let [before, last]: [number[], number[]] = [[], [...b, ''].map((_, index) => index)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1)
      const isSwapped = i > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwapped ? at(before, j - 2) + 1 : replaced
      row.push(Math.min(at(last, j) + 1, at(row, j - 1) + 1, replaced, swapped))
    }
    ;[before, last] = [last, row]
  }
  return at(last, b.length)
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY
