import { startPostgresServer } from '../database/postgres-server.ts'

// Serves an empty PostgreSQL database at the URL it is given, until SIGTERM.

const { port, username, password, pathname } = new URL(process.argv[2] ?? '')
const server = await startPostgresServer({ port: Number(port), user: username, password })
await server.createDatabase(pathname.slice(1))
process.once('SIGTERM', () => void server.remove())
process.stdout.write('ready\n')
