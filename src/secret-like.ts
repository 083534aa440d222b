/** How retrieval tokens, JSON Web Tokens and PEM keys begin. */
const marks = /wscrt_|eyJ[A-Za-z0-9_-]{8}|-----BEGIN/

/** Runs of 24 and more such characters are tokens, keys and secrets far more often than words. */
const longRun = /[A-Za-z0-9_~+=-]{24,}/g

/**
 * A line of a PEM key can have a slash every few characters (base64, RFC 4648 section 4), so slashes end no run here;
 * paths are left, because they mix capitals, small letters and digits less often.
 */
const base64Run = /(?=[A-Za-z+/]*[0-9])(?=[a-z0-9+/]*[A-Z])(?=[A-Z0-9+/]*[a-z])[A-Za-z0-9+/]{24,}=*/g

/** The name of a field in camel case, however long: chance mixes letters in other ways. */
const camelCaseName = /^[a-z]+(?:[A-Z][a-z]{2,})*$/

const mask = '[masked]'

/** Whether a text has a retrieval token, a JSON Web Token or a PEM key in it. */
export const looksSecret = (text: string): boolean => marks.test(text)

/**
 * Whether what should be a name could as well be a secret in the wrong place. Tokens, keys and secrets are long, have no
 * separators or only by chance, and mix what chance mixes; names are words between separators.
 */
export const couldBeSecret = (text: string): boolean =>
  looksSecret(text) ||
  /[A-Za-z0-9]{24}/.test(text) ||
  (text.length >= 24 && [/[a-z]/, /[A-Z]/, /[0-9]/].every(characters => characters.test(text)))

/** A text with what could be a secret masked. */
export const maskTokens = (text: string): string => text.replaceAll(base64Run, mask).replaceAll(longRun, mask)

/** The same for a text about fields, whose names stay. */
export const maskTokensButFields = (text: string): string =>
  text
    .replaceAll(base64Run, run => (camelCaseName.test(run) ? run : mask))
    .replaceAll(longRun, run => (camelCaseName.test(run) ? run : mask))
