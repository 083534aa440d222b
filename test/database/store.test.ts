import { usePostgresServer } from './postgres-server.ts'
import { checkStore } from './store.contract.ts'
import { openPostgresStore, openSqliteStore } from './stores.ts'

const server = usePostgresServer()

checkStore('SQLite', openSqliteStore)
checkStore('PostgreSQL', async t => openPostgresStore(t, await server.createDatabase(t)))
