import type { RetrievalRow } from '../database/schema.ts'

/** What decides for how long the former secret still works. */
export type OverlapRules = Readonly<{
  /** Minutes the caller asks for. */
  asked: number | undefined
  /** ROTATION_OVERLAP_MINUTES. */
  configuredMinutes: number
  /** Life of the new retrieval token. */
  ttlSeconds: number
}>

/**
 * An overlap in minutes, where it comes from, and why in a sentence.
 * - `request`: the caller sent it
 * - `configuration`: this service as it is installed
 * - `client`: it follows from what became of the secret that is replaced
 */
export type Overlap = { value: number; source: 'request' | 'configuration' | 'client'; reason: string }

/**
 * The overlap of a rotation. A secret that was redeemed is in use, and the new one has to be there before it ends; one
 * that nobody was given need not live on.
 * @param former retrieval of the secret that is replaced
 */
export const chooseOverlap = (
  { asked, configuredMinutes, ttlSeconds }: OverlapRules,
  { state }: Pick<RetrievalRow, 'state'>,
): Overlap => {
  if (asked !== undefined) return { value: asked, source: 'request', reason: 'You sent it.' }
  if (state !== 'redeemed' && state !== 'delivered')
    return {
      value: 0,
      source: 'client',
      reason: 'Nobody has the secret that is replaced, so nobody loses it.',
    }
  const shortest = toShortest(ttlSeconds)
  return configuredMinutes > 0 && configuredMinutes < shortest
    ? {
        value: shortest,
        source: 'configuration',
        reason:
          'Somebody has the secret that is replaced; longer than ROTATION_OVERLAP_MINUTES of this installation, so that it lives as long as the new token.',
      }
    : {
        value: configuredMinutes,
        source: 'configuration',
        reason:
          'Somebody has the secret that is replaced, so ROTATION_OVERLAP_MINUTES of this installation applies.',
      }
}

/** Whole minutes, of which the former secret has enough to outlive the token of the new one. */
export const toShortest = (ttlSeconds: number): number => Math.ceil(ttlSeconds / 60)
