import { Type } from 'typebox'
import { Nullable } from '../http/nullable.ts'
import { InstallationWarning } from '../installation/warning-schema.ts'

const Check = (description: string) => Type.Enum(['ok', 'failing', 'unknown'], { description })
const Readiness = Type.Object(
  {
    status: Type.Literal('ready', { description: 'The one answer.' }),
    checks: Type.Object(
      {
        database: Check('Whether the database answers.'),
        issuer: Check('Whether the issuer’s keys are known.'),
        pingFederate: Check('Whether the admin API answered lately; unknown until it was asked.'),
      },
      {
        additionalProperties: false,
        description: 'PingFederate does not count: reading and redeeming go on without it.',
      },
    ),
    pingFederateProblem: Nullable(
      Type.String({ examples: ['pingfederate_credentials_refused'] }),
      'Code of the problem that a create would be answered with; null where PingFederate is `ok` or `unknown`.',
    ),
    pingFederateReason: Nullable(
      Type.String({ examples: ['license_agreement_not_accepted'] }),
      'PingFederate’s own name for the reason (its `resultId`, or the error code of its token endpoint); null where it gave none.',
    ),
    warnings: Type.Array(InstallationWarning, {
      description:
        'What is wrong with PingFederate or PingAccess, as the last look at them has found: at the start and once an hour. None of it makes an instance not ready.',
    }),
  },
  { additionalProperties: false },
)

/** What the API document says of readiness. */
export const readyDocument = {
  description:
    'Ready when the database answers and the issuer’s keys are known; otherwise `detail` of the 503 names each check with its reason, such as `database: ok, issuer: failing (another_issuer)`. PingFederate is reported, and looked at every ten seconds at most. `warnings` says what is wrong with the installation all the same.',
  ready: {
    description: 'Ready.',
    content: {
      'application/json': {
        schema: Readiness,
        example: {
          status: 'ready',
          checks: { database: 'ok', issuer: 'ok', pingFederate: 'ok' },
          pingFederateProblem: null,
          pingFederateReason: null,
          warnings: [],
        },
      },
    },
  },
}
