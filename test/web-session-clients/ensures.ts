import type { Answer, TestService } from '../service.ts'
import { smallest } from './requests.ts'
import { clientPath } from './updates.ts'

type CallOptions = NonNullable<Parameters<TestService['call']>[2]>

/** `pa_wam` in one field. */
export const declared = { pingAccessUrls: smallest.pingAccessUrls }

/** Declares `pa_wam`. */
export const ensure = (
  { call }: Pick<TestService, 'call'>,
  body: unknown = declared,
  { query = '', ...options }: CallOptions & { query?: string } = {},
): Promise<Answer> => call('PUT', clientPath + query, { body, ...options })
