import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { parse } from 'yaml'

/** As much of JSON Schema as Ping's description of a client and the stand-in's own schema use. */
export interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly format?: string
  readonly uniqueItems?: boolean
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | boolean
  readonly patternProperties?: Readonly<Record<string, Schema>>
}

/** Ping's schema of a client, with everything that it refers to in place. */
export function loadClientSchema(path: string): Schema {
  const { components } = parse(readFileSync(path, 'utf8')) as {
    components: { schemas: Record<string, Schema> }
  }
  function inPlace(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(inPlace)
    if (typeof value !== 'object' || value === null) return value
    if ('$ref' in value && typeof value.$ref === 'string') {
      return inPlace(components.schemas[value.$ref.replace('#/components/schemas/', '')])
    }
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, inPlace(member)]))
  }
  return inPlace(components.schemas['Client']) as Schema
}

/** Every property with its type and values as a line of text, so that two schemas can be compared. */
export function toLines(schema: Schema, path = ''): string[] {
  const { items, properties, uniqueItems } = schema
  const members = Object.values(schema.patternProperties ?? {})
  if (typeof schema.additionalProperties === 'object') members.push(schema.additionalProperties)
  if (properties !== undefined) {
    return Object.entries(properties).flatMap(([name, each]) =>
      toLines(each, path === '' ? name : `${path}.${name}`),
    )
  }
  if (members.length > 0) return members.flatMap(each => toLines(each, `${path}.*`))
  if (items !== undefined) return toLines(items, `${path}${uniqueItems ? '{}' : '[]'}`)
  return [`${path} ${schema.enum?.toSorted().join(' ') ?? schema.type}`]
}

/** Values for the paths where any value of the right type isn't good enough. */
export type Known = Readonly<Record<string, fc.Arbitrary<unknown>>>

/** Values of a schema: of an object, any of its properties. */
export function toArbitrary(schema: Schema, known: Known, path = ''): fc.Arbitrary<unknown> {
  const own = known[path]
  if (own !== undefined) return own
  if (schema.properties !== undefined) {
    const members = Object.entries(schema.properties).map(([name, each]) => [
      name,
      toArbitrary(each, known, path === '' ? name : `${path}.${name}`),
    ])
    return fc.record(Object.fromEntries(members), { requiredKeys: [] })
  }
  if (typeof schema.additionalProperties === 'object') {
    const value = toArbitrary(schema.additionalProperties, known, `${path}.*`)
    return fc.dictionary(fc.constantFrom('first', 'second'), value)
  }
  return toListOrScalar(schema, known, path)
}

function toListOrScalar(schema: Schema, known: Known, path: string): fc.Arbitrary<unknown> {
  if (schema.items !== undefined) {
    const item = toArbitrary(schema.items, known, `${path}[]`)
    return schema.uniqueItems ? fc.uniqueArray(item, { maxLength: 3 }) : fc.array(item, { maxLength: 3 })
  }
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'integer') return fc.integer({ min: 0, max: 100_000 })
  if (schema.format === 'date-time') return fc.constant('2030-01-01T00:00:00.000Z')
  return fc.constantFrom('https://example.com', 'a text', 'ü')
}

/** The paths of everything that a value has, in the way of {@link toArbitrary}. */
export function pathsOf(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap(each => pathsOf(each, `${path}[]`))
  if (value === undefined) return []
  if (typeof value !== 'object' || value === null) return [path]
  return Object.entries(value).flatMap(([name, each]) =>
    pathsOf(each, path === '' ? name : `${path}.${name}`),
  )
}
