import { presentable } from '../http/validation.ts'
import { type BrokenRule, when } from '../ping-access-urls/rule.ts'
import type { Violation } from '../problem.ts'
import { looksSecret } from '../secret-like.ts'

type Texts = { clientId?: unknown; name?: unknown; description?: unknown }

/**
 * What a schema cannot say of the texts that people write: every rule that name, description and client id break. Markup
 * and templates are text like any other here; whoever shows it has to escape it.
 */
export const findUnfitTexts = (body: Texts | null): Violation[] =>
  Object.entries(rulesFor).flatMap(([field, find]) => {
    const text = body?.[field as keyof Texts]
    return typeof text === 'string' ? find(text).map(each => toViolation(field, text, each)) : []
  })

/** Its schema knows a retrieval token at the beginning; ids that have one elsewhere are as old as that, and still read. */
const findBrokenByClientId = (clientId: string): BrokenRule[] => hasSecret(/.wscrt_/.test(clientId))

/** Any bytes can be hidden in them behind one letter. Not in the schema's pattern, whose check cannot read this range. */
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
