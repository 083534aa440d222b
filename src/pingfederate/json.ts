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

/** The value at a path such as `oidcPolicy.policyGroup`; undefined where the path leads nowhere. */
export const findValue = (body: Json, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (isJson(value) ? value[name] : undefined), body)

/** The same object with a value at a path, in the place of the former one; undefined removes it. */
export const withValue = (body: Json, path: string, value: unknown): Json =>
  withValueAt(body, path.split('.'), value)

const withValueAt = (body: Json, [name = '', ...rest]: readonly string[], value: unknown): Json => {
  if (rest.length > 0) {
    const former = body[name]
    return { ...body, [name]: withValueAt(isJson(former) ? former : {}, rest, value) }
  }
  if (value !== undefined) return { ...body, [name]: value }
  return Object.fromEntries(Object.entries(body).filter(([key]) => key !== name))
}
