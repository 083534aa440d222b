const bytesPerMebibyte = 1024 * 1024

/**
 * What the old generation of V8's heap may grow to, in bytes: the process dies of that one, while the young generation
 * fills and empties many times a second. V8 tells only the limit of both together (`heap_size_limit`: the old generation
 * and three semi-spaces), so what Node.js was told is taken from its flags. Without any, V8 gives three semi-spaces
 * three parts in 35 of the whole at most, which was measured in containers of 128 MiB to 16 GiB.
 * @param heapLimit `heap_size_limit`, in bytes
 * @param flags those of `NODE_OPTIONS` and of the command, in this order: the last one counts
 */
export const toOldGenerationLimit = (heapLimit: number, flags: readonly string[]): number => {
  const old = findSize(flags, 'max-old-space-size')
  if (old > 0) return Math.min(old, heapLimit)
  const semiSpace = findSize(flags, 'max-semi-space-size')
  return semiSpace > 0 ? heapLimit - 3 * semiSpace : (heapLimit * 32) / 35
}

/** In bytes; 0 where it is not given, as with V8. Node.js takes a flag with `_` as well as with `-`. */
const findSize = (flags: readonly string[], name: string): number => {
  const values = flags.flatMap(flag => {
    const [key = '', value] = flag.split('=')
    return key.replaceAll('_', '-') === `--${name}` ? [Number(value)] : []
  })
  return (values.at(-1) ?? 0) * bytesPerMebibyte
}

/** Flags of this process, as `toOldGenerationLimit` takes them. */
export const readNodeFlags = (): string[] => [
  ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/),
  ...process.execArgv,
]
