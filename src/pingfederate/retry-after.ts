import type { IncomingHttpHeaders } from 'node:http'

/** Whoever asks for more has mistaken the unit or the year, and by then somebody has looked at it. */
const maxSeconds = 60

/** RFC 9110 section 5.6.7; the two obsolete forms of a date count as nonsense. */
const imfFixdate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * Seconds that an answer asks to wait by `Retry-After` (RFC 9110 section 10.2.3), 60 at most; undefined for nonsense.
 * A date counts from the answer's own `Date`, so that clocks that differ make no difference.
 * @param now milliseconds since the epoch, for an answer without a date
 */
export const parseRetryAfter = (headers: IncomingHttpHeaders, now: number): number | undefined => {
  const value = headers['retry-after']
  if (value === undefined) return undefined
  if (/^\d{1,12}$/.test(value)) return Math.min(Number(value), maxSeconds)
  const until = parseDate(value)
  if (until === undefined) return undefined
  const seconds = Math.ceil((until - (parseDate(headers.date) ?? now)) / 1_000)
  return Math.min(Math.max(seconds, 0), maxSeconds)
}

const parseDate = (value: string | undefined): number | undefined => {
  if (value === undefined || !imfFixdate.test(value)) return undefined
  const time = Date.parse(value)
  return Number.isNaN(time) ? undefined : time
}
