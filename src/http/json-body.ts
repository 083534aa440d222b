import type { FastifyInstance, FastifyRequest } from 'fastify'
import { printParseErrorCode, visit } from 'jsonc-parser'
import { Problem, type Violation } from '../problem.ts'
import { maxViolations, toPointer } from './validation.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether a request without a body counts as one with an empty object. */
    isBodyOptional?: boolean
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Replaces Fastify's content-type parsers by one for JSON that refuses what parsers disagree about (RFC 8259,
 * I-JSON RFC 7493): invalid UTF-8, a byte order mark, duplicate names, names that reach into prototypes. Where no body is
 * needed, an empty one is none: many HTTP clients name a type with every request.
 */
export const acceptOnlyJson = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers()
  app.addHook('onRequest', (request, _reply, done) => {
    if (needsNoBody(request) && announcesNoBody(request)) delete request.raw.headers['content-type']
    done()
  })
  app.addContentTypeParser(
    ['application/json', mergePatch],
    { parseAs: 'buffer' },
    async (request: FastifyRequest, body: Buffer) =>
      body.length === 0 && needsNoBody(request) ? undefined : parseJson(body),
  )
  app.addHook('preValidation', (request, _reply, done) => {
    // A null that was sent is a body, and the wrong one.
    if (request.routeOptions.config.isBodyOptional && request.body === undefined) request.body = {}
    done()
  })
  // Before the body is read, which is not worth it if nobody can tell what its bytes stand for.
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const detail = methodsWithoutBody.has(request.method) ? undefined : findForeignCoding(request)
    done(detail === undefined ? null : new Problem('unsupported_media_type', detail), payload)
  })
}

const methodsWithoutBody: ReadonlySet<string> = new Set(['GET', 'HEAD'])

/** RFC 7396. */
const mergePatch = 'application/merge-patch+json'

const findForeignCoding = ({ headers, method }: FastifyRequest): string | undefined => {
  if (headers['content-encoding'] !== undefined)
    return 'Send the body as it is and leave Content-Encoding out: nothing is unpacked here.'
  // What nearly every request says has no charset to be looked for.
  if (headers['content-type'] === 'application/json') return undefined
  if (method !== 'PATCH' && headers['content-type']?.toLowerCase().startsWith(mergePatch))
    return 'A merge patch is sent with PATCH; send application/json here.'
  const charsets = [...(headers['content-type'] ?? '').matchAll(/;\s*charset\s*=\s*"?([^";\s]*)/gi)]
  if (charsets.length > 1) return 'Name the charset once.'
  const [charset] = charsets.map(([, name]) => name?.toLowerCase())
  return charset === undefined || charset === 'utf-8'
    ? undefined
    : 'JSON is sent in UTF-8 and in no other charset.'
}

const needsNoBody = ({ routeOptions: { schema, config } }: FastifyRequest): boolean =>
  !schema?.body || config.isBodyOptional === true

const announcesNoBody = ({ headers }: FastifyRequest): boolean =>
  headers['transfer-encoding'] === undefined && (headers['content-length'] ?? '0') === '0'

/**
 * @param what how the texts of problems call it
 * @throws Problem `malformed_json`, or `validation_failed` naming every duplicate or forbidden name.
 */
export const parseJson = (body: Buffer, what = 'The body'): unknown => {
  const text = decodeText(body, what)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new Problem('malformed_json', whereItBreaks(text, what))
  }
  if (countNames(value) === countColons(text)) return value
  const violations = findAmbiguousNames(text, what)
  if (violations.length > 0) {
    throw new Problem('validation_failed', `${what} has names that JSON parsers disagree about.`, {
      violations,
    })
  }
  return value
}

const decodeText = (body: Buffer, what: string): string => {
  if (body.length === 0) throw new Problem('malformed_json', `${what} is empty; send a JSON object.`)
  try {
    const text = decoder.decode(body)
    if (!text.startsWith('\uFEFF')) return text
  } catch {
    throw new Problem('malformed_json', `${what} is not valid UTF-8.`)
  }
  throw new Problem('malformed_json', `${what} begins with a byte order mark; leave it out.`)
}

/** JSON.parse quotes the input in its message, which may hold a token; jsonc-parser gives place and kind only. */
const whereItBreaks = (text: string, what: string): string => {
  let place: string | undefined
  const { enter, leave } = createDepthGuard(what)
  visit(
    text,
    {
      onError: (error, _offset, _length, line, character) => {
        place ??= `${toWords(printParseErrorCode(error))} at line ${line + 1}, column ${character + 1}`
      },
      onObjectBegin: enter,
      onObjectEnd: leave,
      onArrayBegin: enter,
      onArrayEnd: leave,
    },
    { disallowComments: true },
  )
  return place ? `${what} is not valid JSON: ${place}.` : `${what} is not valid JSON.`
}

/** `PropertyNameExpected` is what the parser calls it, and nobody else. */
const toWords = (code: string): string => code.replaceAll(/(?<=[a-z])[A-Z]/g, ' $&').toLowerCase()

/** Deeper than any body of ours; refusing early keeps recursion and work bounded. */
const maxDepth = 16

/** jsonc-parser recurses, also into what is never closed, so depth is bounded wherever it is used. */
const createDepthGuard = (what: string) => {
  let depth = 0
  return {
    enter: () => {
      depth += 1
      if (depth > maxDepth)
        throw new Problem('malformed_json', `${what} is nested deeper than ${maxDepth} levels.`)
    },
    leave: () => {
      depth -= 1
    },
  }
}

const forbiddenNames = new Set(['__proto__', 'constructor', 'prototype'])

/**
 * How many names a value has, which are as many as the colons of its text unless one occurs twice in an object. Counting
 * both costs a small part of reading the text a second time. NaN for what has to be read all the same, because a name is
 * forbidden or the value too deep.
 */
const countNames = (value: unknown, depth = 0): number => {
  if (typeof value !== 'object' || value === null) return 0
  if (depth === maxDepth) return Number.NaN
  if (Array.isArray(value)) return value.reduce((count, each) => count + countNames(each, depth + 1), 0)
  let count = 0
  for (const [name, each] of Object.entries(value)) {
    count += forbiddenNames.has(name) ? Number.NaN : 1 + countNames(each, depth + 1)
  }
  return count
}

const [quote, backslash, colon] = [0x22, 0x5c, 0x3a]

/** Colons outside strings, in text that is valid JSON. */
const countColons = (text: string): number => {
  let count = 0
  let isInString = false
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index)
    if (code === quote) isInString = !isInString
    else if (code === backslash) index += 1
    else if (code === colon && !isInString) count += 1
  }
  return count
}

const findAmbiguousNames = (text: string, what: string): Violation[] => {
  const violations: Violation[] = []
  const open: Set<string>[] = []
  const guard = createDepthGuard(what)
  const enter = () => {
    guard.enter()
    open.push(new Set())
  }
  const leave = () => {
    guard.leave()
    open.pop()
  }
  visit(text, {
    onObjectBegin: enter,
    onObjectEnd: leave,
    onArrayBegin: enter,
    onArrayEnd: leave,
    onObjectProperty: (name, _offset, _length, _line, _column, path) => {
      // A body full of them would cost several times as much for what nobody is told.
      if (violations.length === maxViolations) return
      const names = open.at(-1)
      if (forbiddenNames.has(name)) violations.push(forbidden(toPointer([...path(), name]), name))
      else if (names?.has(name)) violations.push(duplicate(toPointer([...path(), name])))
      names?.add(name)
    },
  })
  return violations
}

const duplicate = (pointer: string): Violation => ({
  in: 'body',
  pointer,
  rule: 'unique_names',
  detail: 'The name occurs more than once in the same object.',
  fix: 'Send it once.',
})

const forbidden = (pointer: string, name: string): Violation => ({
  in: 'body',
  pointer,
  rule: 'known_names',
  detail: `The name ${name} is refused wherever it stands.`,
  fix: 'Leave it out.',
})
