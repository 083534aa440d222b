import { checkRaces } from './races.ts'

checkRaces({ tokens: 200, redeems: 50, creates: 100 })
