import { Type } from 'typebox'

/** A time on the wire: ISO 8601 in UTC with milliseconds. */
export const Instant = (description: string) =>
  Type.String({ format: 'date-time', description, examples: ['2026-11-23T17:00:00.000Z'] })
