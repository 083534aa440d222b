type Json = Record<string, unknown>

export type Rule = { title: string; before: Json; after: Json }

/** Operations of one path; a rule's `before` may become its `after` only with a new major version, never the reverse. */
export const oneWayRules: Rule[] = [
  ...narrowedRequests(),
  ...widenedResponses(),
  {
    title: 'an operation is removed',
    before: { get: answer({ a: text() }), delete: answer({ a: text() }) },
    after: { get: answer({ a: text() }) },
  },
  {
    title: 'a response status is removed',
    before: { get: { responses: { 200: { description: 'Done' }, 202: { description: 'Later' } } } },
    after: { get: { responses: { 200: { description: 'Done' } } } },
  },
  {
    title: 'a response header is removed',
    before: {
      get: { responses: { 200: { description: 'Done', headers: { ETag: { schema: text() } } } } },
    },
    after: { get: { responses: { 200: { description: 'Done' } } } },
  },
  {
    title: 'a scope is newly required',
    before: { get: { ...answer({ a: text() }), security: [{ oauth: ['read'] }] } },
    after: { get: { ...answer({ a: text() }), security: [{ oauth: ['read', 'write'] }] } },
  },
  {
    title: 'an open operation asks for a token',
    before: { get: { ...answer({ a: text() }), security: [] } },
    after: { get: { ...answer({ a: text() }), security: [{ oauth: ['read'] }] } },
  },
  {
    title: 'a query parameter is newly required',
    before: { get: withParameter({ name: 'team', in: 'query', schema: text() }) },
    after: { get: withParameter({ name: 'team', in: 'query', required: true, schema: text() }) },
  },
  {
    title: 'a header is newly required',
    before: { get: withParameter({ name: 'If-Match', in: 'header', schema: text() }) },
    after: { get: withParameter({ name: 'If-Match', in: 'header', required: true, schema: text() }) },
  },
  {
    title: "a query parameter's maximum falls",
    before: { get: withParameter({ name: 'limit', in: 'query', schema: { type: 'integer', maximum: 100 } }) },
    after: { get: withParameter({ name: 'limit', in: 'query', schema: { type: 'integer', maximum: 50 } }) },
  },
]

/** Changes that break callers whichever way they go. */
export const twoWayRules: Rule[] = [
  {
    title: 'a constant changes',
    before: { post: ask({ a: { const: 'x' } }) },
    after: { post: ask({ a: { const: 'y' } }) },
  },
  {
    title: 'a required request property is new, or gone',
    before: { post: ask({ a: text() }) },
    after: { post: ask({ a: text(), b: text() }, ['b']) },
  },
  {
    title: 'a response format changes',
    before: { get: answer({ a: text({ format: 'date-time' }) }) },
    after: { get: answer({ a: text({ format: 'uuid' }) }) },
  },
  {
    title: 'an operationId changes, which renames a method of every generated client',
    before: { get: { operationId: 'listTeams', ...answer({ a: text() }) } },
    after: { get: { operationId: 'listOwners', ...answer({ a: text() }) } },
  },
]

/** Changes that break nobody whichever way they go. */
export const harmlessRules: Rule[] = [
  {
    title: 'a description changes',
    before: { get: { description: 'One.', ...answer({ a: text() }) } },
    after: { get: { description: 'Two.', ...answer({ a: text() }) } },
  },
  {
    title: 'a referenced schema is written out in place',
    before: { get: answer({ a: { $ref: '#/components/schemas/Team' } }) },
    after: { get: answer({ a: text() }) },
  },
]

/** One API document whose paths are the rules, in order: `/0`, `/1`, … */
export function toDocument(operations: Json[], schemas: Json = {}, extraPaths: Json = {}): Json {
  const flow = { tokenUrl: 'https://issuer.example.com/token', scopes: { read: 'Read', write: 'Write' } }
  return {
    openapi: '3.1.0',
    info: { title: 'Rules', version: '1.0.0' },
    paths: { ...Object.fromEntries(operations.map((item, index) => [`/${index}`, item])), ...extraPaths },
    components: {
      securitySchemes: { oauth: { type: 'oauth2', flows: { clientCredentials: flow } } },
      schemas: { Team: text(), ...schemas },
    },
  }
}

function narrowedRequests(): Rule[] {
  const limits: [title: string, before: Json, after: Json][] = [
    ['type', { type: ['string', 'null'] }, text()],
    ['enum', { enum: ['x', 'y'] }, { enum: ['x'] }],
    ['set of constants', { anyOf: [{ const: 'x' }, { const: 'y' }] }, { anyOf: [{ const: 'x' }] }],
    ['free text, now an enum,', text(), text({ enum: ['x'] })],
    ['maxLength', text({ maxLength: 9 }), text({ maxLength: 5 })],
    ['absent maxLength', text(), text({ maxLength: 5 })],
    ['minLength', text({ minLength: 1 }), text({ minLength: 5 })],
    ['pattern, absent before,', text(), text({ pattern: '^a' })],
    ['maximum', { type: 'integer', maximum: 9 }, { type: 'integer', maximum: 5 }],
    ['exclusiveMaximum', { type: 'integer', exclusiveMaximum: 9 }, { type: 'integer', exclusiveMaximum: 5 }],
    ['minimum', { type: 'integer', minimum: 1 }, { type: 'integer', minimum: 2 }],
    ['maxItems', list({ maxItems: 9 }), list({ maxItems: 5 })],
    ['minItems', list({ minItems: 1 }), list({ minItems: 2 })],
    ['uniqueItems', list(), list({ uniqueItems: true })],
    ["list's items", list({ items: { type: ['string', 'integer'] } }), list()],
    ['open object', { type: 'object' }, { type: 'object', additionalProperties: false }],
  ]
  return [
    ...limits.map(([title, before, after]) => ({
      title: `a request narrows: ${title}`,
      before: { post: ask({ a: before }) },
      after: { post: ask({ a: after }) },
    })),
    {
      title: 'a request property is newly required',
      before: { post: ask({ a: text(), b: text() }) },
      after: { post: ask({ a: text(), b: text() }, ['b']) },
    },
    {
      title: 'a nested request property is newly required',
      before: { post: ask({ a: { type: 'object', properties: { b: text() } } }) },
      after: { post: ask({ a: { type: 'object', required: ['b'], properties: { b: text() } } }) },
    },
    {
      title: 'a request property is no longer accepted',
      before: { post: ask({ a: text(), b: text() }) },
      after: { post: ask({ a: text() }) },
    },
  ]
}

function widenedResponses(): Rule[] {
  const limits: [title: string, before: Json, after: Json][] = [
    ['type', text(), { type: ['string', 'null'] }],
    ['enum', { enum: ['x'] }, { enum: ['x', 'y'] }],
    ['set of constants', { anyOf: [{ const: 'x' }] }, { anyOf: [{ const: 'x' }, { const: 'y' }] }],
    ['maxLength', text({ maxLength: 5 }), text({ maxLength: 9 })],
  ]
  return [
    ...limits.map(([title, before, after]) => ({
      title: `a response widens: ${title}`,
      before: { get: answer({ a: before }) },
      after: { get: answer({ a: after }) },
    })),
    {
      title: 'a response property is removed',
      before: { get: answer({ a: text(), b: text() }) },
      after: { get: answer({ a: text() }) },
    },
    {
      title: 'a response property is no longer promised',
      before: { get: answer({ a: text() }, ['a']) },
      after: { get: answer({ a: text() }) },
    },
  ]
}

function text(limits: Json = {}): Json {
  return { type: 'string', ...limits }
}

function list(limits: Json = {}): Json {
  return { type: 'array', items: text(), ...limits }
}

function json(properties: Json, required: string[]): Json {
  const schema = { type: 'object', additionalProperties: false, required, properties }
  return { content: { 'application/json': { schema } } }
}

function ask(properties: Json, required: string[] = []): Json {
  return {
    requestBody: { required: true, ...json(properties, required) },
    responses: { 200: { description: 'Done' } },
  }
}

function answer(properties: Json, required: string[] = []): Json {
  return { responses: { 200: { description: 'Done', ...json(properties, required) } } }
}

function withParameter(parameter: Json): Json {
  return { ...answer({ a: text() }), parameters: [parameter] }
}
