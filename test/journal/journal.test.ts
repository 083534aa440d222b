import { usePostgresServer } from '../database/postgres-server.ts'
import { openPostgresStore, openSqliteStore } from '../database/stores.ts'
import { checkJournal } from './journal.contract.ts'

const server = usePostgresServer()

checkJournal('SQLite', openSqliteStore)
checkJournal('PostgreSQL', async t => openPostgresStore(t, await server.createDatabase()))
