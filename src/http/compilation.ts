import { AjvCompiler, type BuildCompilerFromPool } from '@fastify/ajv-compiler'
import { type SerializerFactory, SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import type { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import type { FastifySchemaValidationError } from 'fastify'

type Compile<Route, Compiled> = (route: Route) => Compiled

/**
 * Nearly every route and status has the same schemas, and compiling one takes longer than everything else that a start
 * does for a route: so each text of a schema is compiled once, beside the same shared schemas.
 */
const compileOnce = <Route, Options, Compiled>(
  build: (externalSchemas: unknown, options: Options) => Compile<Route, Compiled>,
  toKey: (route: Route) => unknown,
) => {
  const compilers = new Map<string, Compile<Route, Compiled>>()
  return (externalSchemas: unknown, options: Options): Compile<Route, Compiled> => {
    const key = JSON.stringify([externalSchemas, options])
    const compile = compilers.get(key) ?? remember(build(externalSchemas, options), toKey)
    compilers.set(key, compile)
    return compile
  }
}

const remember = <Route, Compiled>(
  compile: Compile<Route, Compiled>,
  toKey: (route: Route) => unknown,
): Compile<Route, Compiled> => {
  const compiled = new Map<string, Compiled>()
  return route => {
    const key = JSON.stringify(toKey(route))
    const result = compiled.get(key) ?? compile(route)
    compiled.set(key, result)
    return result
  }
}

const shared = {
  customOptions: {
    removeAdditional: false,
    useDefaults: true,
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
  },
  plugins: [addFormats, (ajv: Ajv) => ajv.addVocabulary(['x-fix', 'x-secret', 'x-request-examples'])],
} as const

type Formats = Readonly<Record<string, (value: string) => boolean>>

const createCompiler = (externalSchemas: unknown, coerceTypes: boolean, formats: Formats = {}) =>
  AjvCompiler()(
    externalSchemas as never,
    { ...shared, customOptions: { ...shared.customOptions, coerceTypes, formats } } as never,
  )

type Validated = { schema: unknown; httpPart?: string }
const isBody = ({ httpPart }: Validated): boolean => httpPart === 'body'

/**
 * Bodies are taken as they were sent: nothing coerced, nothing dropped, every violation reported. Query strings
 * and path parameters are text by nature, so only there numbers and booleans are coerced.
 */
export const buildValidator = compileOnce(
  externalSchemas => {
    const asSent = createCompiler(externalSchemas, false)
    const coercing = createCompiler(externalSchemas, true)
    return (route: Validated) => (isBody(route) ? asSent(route as never) : coercing(route as never))
  },
  route => [isBody(route), route.schema],
) as BuildCompilerFromPool

type Checked = { schema: object; coerceTypes?: boolean; formats?: Formats }
type Check = { (value: unknown): boolean; errors?: FastifySchemaValidationError[] | null }

/** Checks what is no request in the same way: a file as it was written, or variables, which are text by nature. */
export const compileSchema = remember<Checked, Check>(
  ({ schema, coerceTypes = false, formats }) =>
    createCompiler({}, coerceTypes, formats)({ schema } as never) as unknown as Check,
  ({ schema, coerceTypes }) => [coerceTypes, schema],
)

/** What is answered goes through the schema of its status, which lets out what it names and nothing else. */
export const buildSerializer = compileOnce(
  SerializerSelector() as (
    externalSchemas: unknown,
    options: unknown,
  ) => Compile<{ schema?: unknown }, unknown>,
  ({ schema }) => schema,
) as SerializerFactory
