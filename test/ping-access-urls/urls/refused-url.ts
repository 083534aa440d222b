/** A URL, and every rule it breaks. */
export type RefusedUrl = [url: string, ...rules: string[]]
