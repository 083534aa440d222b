import type { Violation } from '../http/problem.ts'
import { looksSecret, presentable } from '../http/validation.ts'
import { type BrokenRule, when } from './rule.ts'

/**
 * What a schema cannot say of the texts that people write: every rule that name and description break. Markup and
 * templates are text like any other here; whoever shows it has to escape it.
 */
export const findUnfitTexts = (body: { name?: unknown; description?: unknown } | null): Violation[] =>
  (['name', 'description'] as const).flatMap(field => {
    const text = body?.[field]
    return typeof text === 'string' ? findBroken(text).map(each => toViolation(field, text, each)) : []
  })

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
  ...when(
    looksSecret(text),
    'no_secret',
    'The text has a token or key in it, and everybody who sees the client would see it.',
    'Leave it out, and treat it as stolen if others could read it.',
  ),
  ...when(
    /\[web-session-clients\b/i.test(text),
    'no_marker',
    'This service marks its clients in PingFederate by [web-session-clients …].',
    'Leave the brackets out.',
  ),
]

const toViolation = (field: string, text: string, broken: BrokenRule): Violation => {
  const value = presentable(text)
  return { in: 'body', pointer: `/${field}`, ...broken, ...(value !== undefined && { value }) }
}
