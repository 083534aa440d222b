import { presentable } from '../http/validation.ts'
import { type BrokenRule, when } from '../ping-access-urls/rule.ts'
import type { Violation } from '../problem.ts'
import { looksSecret } from '../secret-like.ts'

type Texts = { clientId?: unknown; name?: unknown; description?: unknown }

/**
 * Finds every rule that name, description and client id break and that a schema cannot express. Markup and templates
 * are accepted as ordinary text; whoever shows them has to escape them.
 */
export const findUnfitTexts = (body: Texts | null): Violation[] =>
  Object.entries(rulesFor).flatMap(([field, find]) => {
    const text = body?.[field as keyof Texts]
    return typeof text === 'string' ? find(text).map(each => toViolation(field, text, each)) : []
  })

/** The schema refuses a retrieval token at the beginning only, so that older ids with one elsewhere are still read. */
const findBrokenByClientId = (clientId: string): BrokenRule[] => hasSecret(/.wscrt_/.test(clientId))

/** They are invisible and can hide any bytes. The check of the schema's patterns cannot read this range. */
const variationSelectors = /[\u{E0100}-\u{E01EF}]/u

const findBroken = (text: string): BrokenRule[] => [
  ...when(
    variationSelectors.test(text),
    'visible_text',
    'Variation selectors are not seen, and any bytes can be hidden in them.',
    'Use visible characters only.',
  ),
  ...when(
    text !== text.normalize('NFC'),
    'normal_form',
    'The text is not in Unicode normal form C, so that it looks like another one and is not found by a search.',
    'Send it in normal form C, which is what keyboards produce.',
  ),
  ...hasSecret(looksSecret(text)),
  ...when(
    /\[web-session-clients\b/i.test(text),
    'no_marker',
    'This service marks its clients in PingFederate by [web-session-clients …].',
    'Leave the brackets out.',
  ),
]

const hasSecret = (isFound: boolean): BrokenRule[] =>
  when(
    isFound,
    'no_secret',
    'The text has a token or key in it, and everybody who sees the client would see it.',
    'Leave it out, and treat it as stolen if others could read it.',
  )

const rulesFor: Record<keyof Texts, (text: string) => BrokenRule[]> = {
  clientId: findBrokenByClientId,
  name: findBroken,
  description: findBroken,
}

const toViolation = (field: string, text: string, broken: BrokenRule): Violation => {
  const value = presentable(text)
  return { in: 'body', pointer: `/${field}`, ...broken, ...(value !== undefined && { value }) }
}
