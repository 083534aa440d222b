import { AjvCompiler, type BuildCompilerFromPool } from '@fastify/ajv-compiler'
import { type SerializerFactory, SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import type { Ajv } from 'ajv'
import addFormats from 'ajv-formats'
import type { FastifySchemaValidationError } from 'fastify'

type Compile<Route, Compiled> = (route: Route) => Compiled

/**
 * Nearly every route and status has the same schemas, and compiling one takes longer than everything else that a start
 * does for a route: so each text of a schema is compiled once, beside the same shared schemas, and not before it is
 * asked for.
 */
const compileOnce = <Route, Options, Compiled>(
  build: (externalSchemas: unknown, options: Options) => Compile<Route, Compiled>,
  toKey: (route: Route) => unknown,
  defer: (compile: () => Compiled) => Compiled,
) => {
  const compilers = new Map<string, Compile<Route, Compiled>>()
  const findCompiler = (externalSchemas: unknown, options: Options): Compile<Route, Compiled> => {
    const key = JSON.stringify([externalSchemas, options])
    const compile = compilers.get(key) ?? remember(build(externalSchemas, options), toKey)
    compilers.set(key, compile)
    return compile
  }
  return (externalSchemas: unknown, options: Options): Compile<Route, Compiled> => {
    const findOnce = once(() => findCompiler(externalSchemas, options))
    return route => defer(once(() => findOnce()(route)))
  }
}

const once = <T>(make: () => T): (() => T) => {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
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
    coerceTypes: false,
    useDefaults: true,
    allErrors: true,
    verbose: true,
    // Compiling the schema of schemas takes as long as compiling that of the environment. Ajv checks each keyword it
    // compiles all the same.
    validateSchema: false,
    allowUnionTypes: true,
  },
  plugins: [addFormats, (ajv: Ajv) => ajv.addVocabulary(['x-fix', 'x-secret', 'x-request-examples'])],
} as const

type Formats = Readonly<Record<string, (value: string) => boolean>>
type Checked = { schema: object; isText?: boolean; formats?: Formats }

type Check = { (value: unknown): boolean; errors?: FastifySchemaValidationError[] | null }

const createCompiler = (externalSchemas: unknown, formats: Formats = {}): Compile<Checked, Check> =>
  AjvCompiler()(
    externalSchemas as never,
    { ...shared, customOptions: { ...shared.customOptions, formats } } as never,
  ) as never

/** As RFC 8259 section 6 writes an integer, with nothing around it. */
const integer = /^(?:0|-?[1-9][0-9]*)$/

const readers: Readonly<Record<string, (text: string) => unknown>> = {
  integer: text => (integer.test(text) ? Number(text) : text),
  boolean: text => (['true', 'false'].includes(text) ? text === 'true' : text),
}

/**
 * Reads the integers and booleans of what is text by nature, and leaves everything else for the schema to refuse. Ajv's
 * own coercion takes whatever `Number` does: `0x10`, `1e2`, ` 5`.
 */
const readTexts = (schema: object, values: unknown): void => {
  const { properties = {} } = schema as { properties?: Record<string, { type?: unknown }> }
  const texts = Object(values) as Record<string, unknown>
  for (const [name, { type }] of Object.entries(properties)) {
    const text = texts[name]
    const read = readers[String(type)]
    if (read && typeof text === 'string') texts[name] = read(text)
  }
}

/** A check with its own `errors`, which is where Fastify looks for them. */
const deferCheck = (compile: () => Check): Check => {
  const deferred: Check = value => {
    const check = compile()
    const isValid = check(value)
    deferred.errors = check.errors ?? null
    return isValid
  }
  return deferred
}

const afterReadingTexts = (schema: object, check: Check): Check => {
  const readAndCheck: Check = values => {
    readTexts(schema, values)
    const isValid = check(values)
    readAndCheck.errors = check.errors ?? null
    return isValid
  }
  return readAndCheck
}

type Validated = { schema: object; httpPart?: string }
const isBody = ({ httpPart }: Validated): boolean => httpPart === 'body'

/**
 * Bodies are taken as they were sent: nothing coerced, nothing dropped, every violation reported. Query strings
 * and path parameters are text by nature, so only there integers and booleans are read from texts.
 */
export const buildValidator = compileOnce(
  externalSchemas => {
    const compile = createCompiler(externalSchemas)
    return (route: Validated) =>
      isBody(route) ? compile(route) : afterReadingTexts(route.schema, compile(route))
  },
  route => [isBody(route), route.schema],
  deferCheck,
) as BuildCompilerFromPool

/** Checks what is no request in the same way: a file as it was written, or variables, which are text by nature. */
export const compileSchema = remember<Checked, Check>(
  ({ schema, isText = false, formats }) => {
    const check = createCompiler({}, formats)({ schema })
    return isText ? afterReadingTexts(schema, check) : check
  },
  ({ schema, isText }) => [isText, schema],
)

type Serialize = (value: unknown) => string

/** What is answered goes through the schema of its status, which lets out what it names and nothing else. */
export const buildSerializer = compileOnce(
  SerializerSelector() as (
    externalSchemas: unknown,
    options: unknown,
  ) => Compile<{ schema?: unknown }, Serialize>,
  ({ schema }) => schema,
  compile => value => compile()(value),
) as SerializerFactory
