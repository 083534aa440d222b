import { Type } from 'typebox'

/** Answered before the caller is known, and so before anything is counted for it. */
const uncounted = ['401', '408', '414', '431']

const count = (description: string, example: number) =>
  Type.Integer({ description, minimum: 0, examples: [example] })

/** Of whichever limit has least left: the caller's or its team's. */
const fields = {
  'RateLimit-Limit': count('Requests a minute that are admitted.', 600),
  'RateLimit-Remaining': count('How many of them are left.', 599),
  'RateLimit-Reset': count('Seconds until all of them are there again.', 1),
}

type Responses = Record<string, { headers?: object }>

/** Adds the `RateLimit-*` header fields to every answer that a known caller can get. */
export const describeRateLimits = (responses: Responses): Responses =>
  Object.fromEntries(
    Object.entries(responses).map(([status, response]) => [
      status,
      uncounted.includes(status) ? response : { ...response, headers: { ...response.headers, ...fields } },
    ]),
  )
