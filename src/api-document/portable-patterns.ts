/** Unicode classes and long escapes: JavaScript without the `u` flag reads them as plain letters, Python refuses them. */
const unicodeOnly = /\\(?:[pP]|u)\{/

/** For `JSON.stringify`: leaves out the patterns that only this service reads; the descriptions say in words what they demand. */
export const withoutUnicodePatterns = (name: string, value: unknown): unknown =>
  name === 'pattern' && typeof value === 'string' && unicodeOnly.test(value) ? undefined : value
