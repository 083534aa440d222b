/**
 * How often a header field was sent; Node.js keeps the first of some, and drops the others.
 * @param name in lower case
 */
export const countFields = (rawHeaders: readonly string[], name: string): number => {
  let count = 0
  // Names and values in turn.
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const sent = rawHeaders[index]
    if (sent?.length === name.length && sent.toLowerCase() === name) count += 1
  }
  return count
}
