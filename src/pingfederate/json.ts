/** An object of PingFederate's JSON: what its fields are has still to be looked at. */
export type Json = Readonly<Record<string, unknown>>

export const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null

/** The texts of a list. Collections that are null or missing are empty. */
export const toTexts = (list: unknown): string[] =>
  (Array.isArray(list) ? list : []).filter(each => typeof each === 'string')

/** The id that a link has. `{}` and an empty id mean none, too. */
export const parseReference = (reference: unknown): string | null => {
  const id = isJson(reference) ? reference['id'] : undefined
  return typeof id === 'string' && id !== '' ? id : null
}
