/** The text of a body; undefined where it is longer than so many bytes, and then its rest is not read. */
export const readBounded = async (
  body: AsyncIterable<Buffer>,
  maxBytes: number,
): Promise<string | undefined> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.length
    if (size > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
