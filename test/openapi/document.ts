import { renderOpenApi } from './render.ts'

// biome-ignore lint/suspicious/noExplicitAny: an API document has more shapes than a test needs to name
export type Json = Record<string, any>

export type NamedSchema = { name: string; schema: Json }

/** The document as it is committed. */
export const readDocument = async (): Promise<Json> => JSON.parse((await renderOpenApi()).json)

export const listOperations = (document: Json): { name: string; operation: Json }[] =>
  Object.entries<Json>(document['paths']).flatMap(([path, item]) =>
    Object.entries<Json>(item).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      operation,
    })),
  )

/** Every shared schema, and every property in one or in an answer; what is referred to is listed where it stands. */
export const listSchemas = (document: Json): NamedSchema[] => [
  ...Object.entries<Json>(document['components'].schemas).flatMap(([name, schema]) => [
    { name, schema },
    ...listProperties(name, schema),
  ]),
  ...listOperations(document).flatMap(({ name, operation }) =>
    Object.entries<Json>(operation['responses']).flatMap(([status, { content = {} }]) =>
      Object.values<Json>(content).flatMap(({ schema }) => listProperties(`${name} ${status}`, schema)),
    ),
  ),
]

const listProperties = (name: string, { properties = {}, items, anyOf = [] }: Json): NamedSchema[] => [
  ...Object.entries<Json>(properties)
    .filter(([, schema]) => !('$ref' in schema))
    .flatMap(([property, schema]) => [
      { name: `${name}.${property}`, schema },
      ...listProperties(`${name}.${property}`, schema),
    ]),
  ...[...(items ? [items] : []), ...anyOf].flatMap(schema => listProperties(name, schema)),
]
