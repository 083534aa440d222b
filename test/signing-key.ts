import { createSigningKey } from '../src/sandbox/issuer/issuer.ts'

let signingKey: ReturnType<typeof createSigningKey> | undefined

/**
 * Signs the tokens of every sandbox that a test's process starts: a key takes as long to make as the rest of a sandbox to
 * start, and no token is good for two of them, because each has the name of its issuer in it. Not made when this is
 * imported: whatever waits for it then would go on in the suite of another file.
 */
export const shareSigningKey = (): ReturnType<typeof createSigningKey> => (signingKey ??= createSigningKey())
