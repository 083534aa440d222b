/** How retrieval tokens, JSON Web Tokens and PEM keys begin. */
const marks = /wscrt_|eyJ[A-Za-z0-9_-]{8}|-----BEGIN/

/** Runs of 24 and more such characters are tokens, keys and secrets far more often than words. */
const longRun = /[A-Za-z0-9_~+=-]{24,}/g

/**
 * A line of a PEM key can have a slash every few characters (base64, RFC 4648 section 4), so slashes end no run here.
 * Whether it mixes what chance mixes is asked of the whole run: in the pattern that would be asked again at each character.
 */
const base64Run = /[A-Za-z0-9+/]{24,}=*/g

/** Codes such as `license_agreement_not_accepted`: chance does not make words between underscores. */
const snakeCase = /^[a-z]{2,}(?:_[a-z]{2,}){2,}$/

/** What is marked as such, to its end. */
const marked =
  /wscrt_[A-Za-z0-9_-]*|eyJ[A-Za-z0-9_-]{8}[A-Za-z0-9_.-]*|-----BEGIN(?:(?!-----END)[\s\S])*(?:-----END[^-]*-----)?/g

const mask = '[masked]'

/** Capitals, small letters and digits, as chance mixes them; paths and names do less often. */
const isMixed = (text: string): boolean =>
  [/[a-z]/, /[A-Z]/, /[0-9]/].every(characters => characters.test(text))

/** Whether a text has a retrieval token, a JSON Web Token or a PEM key in it. */
export const looksSecret = (text: string): boolean => marks.test(text)

/**
 * Whether what should be a name could as well be a secret in the wrong place. Tokens, keys and secrets are long, have no
 * separators or only by chance, and mix what chance mixes; names are words between separators.
 */
export const couldBeSecret = (text: string): boolean =>
  looksSecret(text) || /[A-Za-z0-9]{24}/.test(text) || (text.length >= 24 && isMixed(text))

/** A text with what could be a secret masked. */
export const maskTokens = (text: string): string =>
  maskBase64(text).replaceAll(longRun, run => (snakeCase.test(run) ? run : mask))

/** A text without what is recognisably a retrieval token, a JSON Web Token or a PEM key; any other word stays. */
export const maskMarked = (text: string): string => text.replaceAll(marked, mask)

const maskBase64 = (text: string): string => text.replaceAll(base64Run, run => (isMixed(run) ? mask : run))
