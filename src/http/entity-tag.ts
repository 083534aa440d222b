import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Violation } from '../problem.ts'

export const IfMatch = Type.String({
  description:
    'The `ETag` that the client was read with (RFC 9110 section 13.1.1), so that nobody overwrites what they have not seen. `*` stands for whatever it is now.',
  examples: ['"3-mhz5q1c8"'],
})

/** Entity tags that a request may name, `*` for any; a weak one never matches here (RFC 9110 section 13.1.1). */
export type Condition = '*' | readonly string[]

const entityTag = /^(?:W\/)?"[\x21\x23-\x7E\x80-\xFF]*"$/

/** The condition of `If-Match`, if the caller sent one, or what is wrong with it. */
export const parseIfMatch = ({
  headers,
}: Pick<FastifyRequest, 'headers'>): { condition: Condition | undefined; violations: Violation[] } => {
  const value = headers['if-match']
  if (value === undefined) return { condition: undefined, violations: [] }
  if (value.trim() === '*') return { condition: '*', violations: [] }
  const tags = value.split(',').map(each => each.trim())
  return tags.every(each => entityTag.test(each))
    ? { condition: tags, violations: [] }
    : { condition: undefined, violations: [malformed] }
}

/** Whether what bears this entity tag now is among those that the caller has named. */
export const isMet = (condition: Condition, current: string): boolean =>
  condition === '*' || condition.includes(current)

const malformed: Violation = {
  in: 'header',
  pointer: '/if-match',
  rule: 'entity_tag',
  detail: 'If-Match has entity tags in quotes, separated by commas, or *.',
  fix: 'Send the ETag exactly as it was answered, with its quotes.',
}
