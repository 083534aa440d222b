const bytesPerMebibyte = 1024 * 1024

/**
 * Limit of the old generation of V8's heap, in bytes. The process dies when that generation is full; the young one
 * fills and empties many times a second. V8 reports only the limit of both together (`heap_size_limit`: the old
 * generation and three semi-spaces), so the rest comes from Node.js's flags. Without flags, V8 gives the semi-spaces
 * 3/35 of the whole at most, as measured in containers of 128 MiB to 16 GiB.
 * @param heapLimit `heap_size_limit`, in bytes
 * @param flags of `NODE_OPTIONS`, then of the command line; the last one counts
 */
export const toOldGenerationLimit = (heapLimit: number, flags: readonly string[]): number => {
  const old = findSize(flags, 'max-old-space-size')
  if (old > 0) return Math.min(old, heapLimit)
  const semiSpace = findSize(flags, 'max-semi-space-size')
  return semiSpace > 0 ? heapLimit - 3 * semiSpace : (heapLimit * 32) / 35
}

/** In bytes; 0, which V8 takes for "not set", where there is no such flag. Node.js accepts `_` for `-` in its name. */
const findSize = (flags: readonly string[], name: string): number => {
  const values = flags.flatMap(flag => {
    const [key = '', value] = flag.split('=')
    return key.replaceAll('_', '-') === `--${name}` ? [Number(value)] : []
  })
  return (values.at(-1) ?? 0) * bytesPerMebibyte
}

/** Flags of this process, in the order that `toOldGenerationLimit` needs. */
export const readNodeFlags = (): string[] => [
  ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/),
  ...process.execArgv,
]
