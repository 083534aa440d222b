import { compileSchema } from '../http/compilation.ts'
import { findUnfitTexts } from './plain-text.ts'
import { UpdateWebSessionClient } from './update-schema.ts'

/** Names of the fields that could not be asked for by PATCH as they are; unfit texts only where the schema permits all. */
export const findUnfitFields = (asked: Record<string, unknown>): ReadonlySet<string> => {
  const check = compileSchema({ schema: UpdateWebSessionClient })
  const pointers = check(asked)
    ? findUnfitTexts(asked).map(({ pointer }) => pointer)
    : (check.errors ?? []).map(
        ({ instancePath, params }) => instancePath || `/${params['additionalProperty']}`,
      )
  return new Set(pointers.map(pointer => pointer.split('/')[1] ?? ''))
}
