import type { Static, TSchema } from 'typebox'
import type { Answer } from '../exchange.ts'
import { invalid, refusal } from './api-error.ts'
import { parseBody } from './parse-body.ts'

/** One that is kept, with its id. */
export type Kept<Body> = Body & { readonly id: number }

/** What PingAccess has many of, such as web sessions. */
export interface Collection<Body> {
  readonly all: () => readonly Kept<Body>[]
  readonly find: (id: number | undefined) => Kept<Body> | undefined
  readonly list: (query: URLSearchParams) => Answer
  readonly get: (id: number) => Answer
  readonly create: (body: unknown) => Answer
  readonly replace: (id: number, body: unknown) => Answer
  readonly remove: (id: number) => Answer
}

/** How one kind differs from the others. */
interface CollectionOptions<Schema extends TSchema> {
  readonly schema: Schema
  /** The parameter of a list that names one of them, which no two have in common. */
  readonly key: string
  readonly keyOf: (body: Static<Schema>) => string
  /** Whether others need this one. */
  readonly isUsed?: (id: number) => boolean
  /** Whether nobody can change it. */
  readonly isFixed?: (kept: Kept<Static<Schema>>) => boolean
  /** What is kept of a body; throws a Refusal for one that doesn't fit the others. */
  readonly accept?: (body: Static<Schema>) => Static<Schema>
  /** How it is shown. */
  readonly show?: (kept: Kept<Static<Schema>>) => unknown
}

/** An empty one; what is refused is refused by 422, but for an id that doesn't exist. */
export function createCollection<Schema extends TSchema>(
  options: CollectionOptions<Schema>,
): Collection<Static<Schema>> {
  type Body = Static<Schema>
  const { schema, key, keyOf, accept = body => body, show = kept => kept } = options
  const { isUsed = () => false, isFixed = () => false } = options
  const items = new Map<number, Kept<Body>>()
  let lastId = 0

  function keep(id: number, json: unknown): Answer {
    const body = accept(parseBody(schema, json))
    const twin = items.values().find(item => keyOf(item) === keyOf(body))
    if (twin !== undefined && twin.id !== id) throw invalid({ [key]: [`The ${key} is already in use.`] })
    const kept = { ...body, id }
    items.set(id, kept)
    lastId = Math.max(lastId, id)
    return { status: 200, body: show(kept) }
  }

  /** Its absence is not documented; 404 is what an HTTP API says. */
  function get(id: number): Kept<Body> {
    const item = items.get(id)
    if (item === undefined) throw refusal(404, `Not found: ${id}.`)
    return item
  }

  /** One that can be changed; throws a Refusal for any other. */
  function getOpen(id: number): Kept<Body> {
    const item = get(id)
    if (isFixed(item)) throw refusal(422, 'It is PingAccess’s own and cannot be changed.')
    return item
  }

  return {
    all: () => [...items.values()],
    find: id => items.get(id ?? 0),
    list(query) {
      const wanted = query.get(key)
      const found = items.values().filter(item => wanted === null || keyOf(item) === wanted)
      return { status: 200, body: { items: [...found].map(show) } }
    },
    get: id => ({ status: 200, body: show(get(id)) }),
    create: json => keep(lastId + 1, json),
    replace: (id, json) => keep(getOpen(id).id, json),
    remove(id) {
      getOpen(id)
      if (isUsed(id)) throw refusal(422, 'It is in use and cannot be deleted.')
      items.delete(id)
      return { status: 200 }
    },
  }
}
