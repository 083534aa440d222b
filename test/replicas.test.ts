import { checkRaces } from './faults/races.ts'

checkRaces({ tokens: 8, redeems: 30, creates: 30 })
