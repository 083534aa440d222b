import { DatabaseSync } from 'node:sqlite'
import type { TestService } from '../service.ts'

/** Every row of every table of a service on SQLite, but for the index of texts, which follows them by itself. */
export const readTables = ({
  databasePath,
}: Pick<TestService, 'databasePath'>): Record<string, unknown[]> => {
  const database = new DatabaseSync(databasePath, { readOnly: true })
  try {
    const names = database
      .prepare("select name from sqlite_master where type = 'table' and name not like 'client_text%'")
      .all()
    return Object.fromEntries(
      names.map(({ name }) => [String(name), database.prepare(`select * from "${name}"`).all()]),
    )
  } finally {
    database.close()
  }
}
