import { migrations } from '../../src/database/migrate.ts'
import type { Store } from '../../src/database/store.ts'

/** Opens a database as the version before that migration does. */
export const openBefore = async (open: () => Promise<Store>, name: string): Promise<Store> => {
  const all = { ...migrations }
  for (const each of Object.keys(all)) if (each >= name) delete migrations[each]
  try {
    return await open()
  } finally {
    Object.assign(migrations, all)
  }
}
