import { type TSchema, Type } from 'typebox'

/** A value that can be null, with what that means in its description. */
export const Nullable = <Schema extends TSchema>(schema: Schema, description: string) =>
  Type.Union([schema, Type.Null()], { description })
