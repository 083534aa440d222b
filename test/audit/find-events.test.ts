import { usePostgresServer } from '../database/postgres-server.ts'
import { openPostgresStore, openSqliteStore } from '../database/stores.ts'
import { checkSearch, explainOnPostgres, explainOnSqlite } from './find-events.contract.ts'

const server = usePostgresServer()

checkSearch('SQLite', openSqliteStore, explainOnSqlite)
checkSearch('PostgreSQL', async t => openPostgresStore(t, await server.createDatabase(t)), explainOnPostgres)
