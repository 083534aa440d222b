import { Problem } from '../problem.ts'

/** What a cursor looks like. */
export const cursorPattern = { maxLength: 128, pattern: '^[A-Za-z0-9_-]+$' }

/** Text of the place where a page begins, as `cursor` carries it. */
export const decodeCursor = (cursor: string): string => Buffer.from(cursor, 'base64url').toString('utf8')

/** The answer to a cursor that no page answered. */
export const cursorRefused = (): Problem =>
  new Problem('validation_failed', 'One rule is broken.', {
    violations: [
      {
        in: 'query',
        pointer: '/cursor',
        rule: 'cursor',
        detail: 'No page ever answered this cursor.',
        fix: 'Send nextCursor as it was answered.',
      },
    ],
  })
