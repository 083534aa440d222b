type Responses = Readonly<Record<string, unknown>>

/** Generators take the first success for the result of an operation, and that of a create is no plan. */
const usualFirst = ([status]: [string, unknown]): number => (status === '201' ? 0 : 1)

/** JavaScript puts names that are numbers in the order of the numbers, so for a moment they are none. */
const toNames = (responses: Responses): Responses =>
  Object.fromEntries(
    Object.entries(responses)
      .toSorted((a, b) => usualFirst(a) - usualFirst(b))
      .map(([status, response]) => [`status:${status}`, response]),
  )

/** An API document as JSON, in which 201 stands before the 200 of the same operation. */
export const toJsonText = (document: unknown, indent = 0): string =>
  JSON.stringify(
    document,
    (name, value) => (name === 'responses' ? toNames(value as Responses) : value),
    indent,
  ).replaceAll(/"status:(\w{3,7})"(?=:)/g, '"$1"')
