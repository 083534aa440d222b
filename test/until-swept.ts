import type { TestService } from './service.ts'

/** Until the sweep at the start of a service is over; a stop would end it before its time. */
export const untilSwept = async ({ call }: Pick<TestService, 'call'>): Promise<void> => {
  for (let text = ''; !text.includes('last_success_timestamp_seconds{task="sweep"}'); )
    text = (await call('GET', '/metrics', { as: null })).body
}
