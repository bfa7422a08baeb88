// The judge is judged: a sound Bundle has no fault, and each fault that is planted in it is found.
'use strict';

const { Definitions } = require('./definitions.js');
const { faultsOf } = require('./validate.js');

const kBase = 'https://veille.invalid/fhir/';
const kHl7 = 'http://terminology.hl7.org/CodeSystem/';

function entry(resource) {
  return { fullUrl: `${kBase}${resource.resourceType}/${resource.id}`, resource };
}

function coded(system, code) {
  return { coding: [{ system, code }] };
}

function soundBundle() {
  return {
    resourceType: 'Bundle',
    type: 'collection',
    timestamp: '2026-11-26T10:00:00Z',
    entry: [
      entry({ resourceType: 'Patient', id: 'p', name: [{ text: 'Odette' }] }),
      entry({
        resourceType: 'Flag',
        id: 'f',
        status: 'inactive',
        code: { text: 'SOS' },
        subject: { reference: 'Patient/p' },
        period: { start: '2026-11-26T10:00:00Z', end: '2026-11-26T10:10:00Z' },
      }),
      entry({
        resourceType: 'Consent',
        id: 'c',
        status: 'active',
        scope: coded(kHl7 + 'consentscope', 'patient-privacy'),
        category: [coded('http://loinc.org', '59284-0')],
        patient: { reference: 'Patient/p' },
        policyRule: { text: 'during alerts' },
      }),
      entry({
        resourceType: 'Observation',
        id: 'o',
        status: 'final',
        category: [coded(kHl7 + 'observation-category', 'vital-signs')],
        code: coded('http://loinc.org', '8867-4'),
        subject: { reference: 'Patient/p' },
        effectiveDateTime: '2026-11-26T10:00:00Z',
        valueQuantity: { value: 61, unit: '/min', system: 'http://unitsofmeasure.org', code: '/min' },
      }),
    ],
  };
}

// What is done to the sound one, and a word of the fault that must be found.
const kPlanted = [
  ['an element that R4 does not have', (flag) => (flag.colour = 'red'), 1, 'additional properties'],
  ['a code of no value set', (flag) => (flag.status = 'on'), 1, 'flag-status'],
  ['what is missing', (flag) => delete flag.status, 1, 'Flag.status is missing'],
  ['a list where one stands', (flag) => (flag.code = [flag.code]), 1, 'must not be a list'],
  ['an end before its beginning', (flag) => (flag.period.end = '2025-01-01T00:00:00Z'), 1, 'per-1'],
  ['a reference to nobody', (flag) => (flag.subject.reference = 'Patient/q'), 1, 'leads nowhere'],
  ['an empty text', (flag) => (flag.code.text = ''), 1, 'is empty'],
  ['no policy', (consent) => delete consent.policyRule, 2, 'ppc-1'],
  ['a code that HL7 does not have', (consent) => (consent.scope.coding[0].code = 'x'), 2, 'has no code x'],
  ['a code that LOINC cannot have', (consent) => (consent.category[0].coding[0].code = '59284-1'), 2, 'no code of LOINC'],
  ['a unit that is none', (vital) => (vital.valueQuantity.code = 'beats'), 3, 'no unit of UCUM'],
  ['a unit that the profile does not want', (vital) => (vital.valueQuantity.code = '/s'), 3, 'must be in /min'],
  ['a vital sign of nobody', (vital) => delete vital.subject, 3, 'says nobody'],
  ['two of one URL', (vital, bundle) => bundle.entry.push(bundle.entry[3]), 3, 'stands there twice'],
  ['no time', (vital, bundle) => delete bundle.timestamp, 3, 'says no time'],
  ['a type of Bundle that is none', (vital, bundle) => (bundle.type = 'heap'), 3, 'bundle-type'],
];

const definitions = new Definitions(process.argv[2]);
let wrong = 0;
const sound = faultsOf(definitions, soundBundle());
if (sound.faults.length > 0 || sound.held < 10 || sound.bound < 3) {
  console.log('the sound one:', sound);
  ++wrong;
}
for (const [what, plant, at, word] of kPlanted) {
  const bundle = soundBundle();
  plant(bundle.entry[at].resource, bundle);
  const { faults } = faultsOf(definitions, bundle);
  if (!faults.some((fault) => fault.includes(word))) {
    console.log(`${what}: not found among ${JSON.stringify(faults)}`);
    ++wrong;
  }
}
console.log(`${kPlanted.length} planted faults, ${wrong} wrong`);
process.exitCode = wrong === 0 ? 0 : 1;
