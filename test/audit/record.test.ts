import { usePostgresServer } from '../database/postgres-server.ts'
import { openPostgresStore, openSqliteStore } from '../database/stores.ts'
import { checkAuditTrail } from './record.contract.ts'

const server = usePostgresServer()

checkAuditTrail('SQLite', openSqliteStore)
checkAuditTrail('PostgreSQL', async t => openPostgresStore(t, await server.createDatabase(t)))
