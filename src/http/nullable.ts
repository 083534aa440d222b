import { type Static, type TSchema, Type } from 'typebox'

/** A value that can be null, with what that means in its description. */
export const Nullable = <Schema extends TSchema>(schema: Schema, description: string) =>
  Type.Union([schema, Type.Null()], { description })

/** The same in a request, and in one schema instead of two, so that a wrong value breaks one rule and not three. */
export const OrNull = <Schema extends TSchema & { type?: string; enum?: unknown[] }>(schema: Schema) =>
  Type.Unsafe<Static<Schema> | null>({
    ...schema,
    ...(schema.type && { type: [schema.type, 'null'] }),
    ...(schema.enum && { enum: [...schema.enum, null] }),
  })
