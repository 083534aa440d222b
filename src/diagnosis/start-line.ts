import type { DatabaseConfig } from '../database/open.ts'
import type { PolicySource } from '../policy/setting.ts'
import { version } from '../version.ts'

type Started = {
  database: Pick<DatabaseConfig, 'kind'>
  pingFederate: { adminUrl: string }
  jwt: { issuer: string; audience: string }
  policy: Pick<PolicySource, 'file'>
}

/** What runs here, and by what: enough to see a wrong address or file, and nothing that is confidential. */
export const toStartLine = ({ database, pingFederate, jwt, policy }: Started) => ({
  version,
  // The kind only: the URL has a password in it, or the name of one's file.
  database: database.kind,
  pingFederate: pingFederate.adminUrl,
  issuer: jwt.issuer,
  audience: jwt.audience,
  policy: policy.file ? `sha256:${policy.file.sha256}` : 'none',
})
