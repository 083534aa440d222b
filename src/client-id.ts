import { Type } from 'typebox'

/** Not what begins like a retrieval token: pasted into the wrong field, it would be logged and stored. */
export const clientIdPattern = '^(?!wscrt_)[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$'

export const ClientId = Type.String({
  pattern: clientIdPattern,
  maxLength: 64,
  description:
    'Client id in PingFederate (RFC 6749 section 2.2); cannot be changed later. Ids that differ in the case of letters only are one.',
  examples: ['pa_wam'],
  'x-fix':
    'Use 1 to 64 letters, digits, dots, hyphens and underscores, beginning with a letter, digit or underscore.',
})
