import { Type } from 'typebox'

export const defaultPageSize = 50

/** How many items a caller wants on one page at most. */
export const PageSize = (description: string) =>
  Type.Integer({ minimum: 1, maximum: 200, default: defaultPageSize, description })
