import type { TokenProvider, TokenProviderReader } from '../pingfederate/token-provider.ts'

/**
 * When the certificate of the token provider ends, in milliseconds since the epoch, null where it has none; and what was
 * found. After the signal nobody waits for an answer any more: undefined.
 * @throws PingFederateFailure
 */
export const measureCertificate = async (
  { read }: TokenProviderReader,
  signal: AbortSignal,
): Promise<{ endsAt: number | null; found: TokenProvider } | undefined> => {
  const { promise: stopped, resolve } = Promise.withResolvers<undefined>()
  const stop = () => resolve(undefined)
  signal.addEventListener('abort', stop)
  try {
    const found = await Promise.race([read(), stopped])
    return found && { endsAt: found.certificate?.x509.validToDate.getTime() ?? null, found }
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
