// What FHIR R4 says in words: how a Bundle's references are resolved, the codes of other bodies, and
// the profiles of vital signs, which hold for whoever uses their codes
// (hl7.org/fhir/R4/observation-vitalsigns.html).
'use strict';

const kVitalSigns = 'vital-signs';
const kLoinc = 'http://loinc.org';
const kUcum = 'http://unitsofmeasure.org';

// LOINC code → its unit, or its components.
const kVitals = {
  '8867-4': { unit: '/min' },
  '9279-1': { unit: '/min' },
  '2708-6': { unit: '%' },
  '8310-5': { unit: 'Cel' },
  '85354-9': { components: { '8480-6': 'mm[Hg]', '8462-4': 'mm[Hg]' } },
};

// The last digit of a LOINC code is a check digit, by Luhn's way (LOINC Users' Guide, appendix C).
function isLoinc(code) {
  const match = /^(\d{1,7})-(\d)$/.exec(code);
  if (!match) return false;
  let sum = 0;
  [...match[1]].reverse().forEach((digit, i) => {
    const twice = Number(digit) * (i % 2 === 0 ? 2 : 1);
    sum += twice > 9 ? twice - 9 : twice;
  });
  return (10 - (sum % 10)) % 10 === Number(match[2]);
}

function checkCoding(definitions, { system, code }, at, faults) {
  if (!system || !code) return faults.push(`${at}: a coding needs a system and a code`);
  const codes = definitions.codesOf(system);
  if (codes && !codes.has(code)) faults.push(`${at}: ${system} has no code ${code}`);
  if (!codes && /hl7\.org/.test(system)) faults.push(`${at}: ${system} is no code system of HL7's`);
  if (system === kLoinc && !isLoinc(code)) faults.push(`${at}: ${code} is no code of LOINC`);
}

function checkQuantity(units, quantity, at, faults) {
  if (quantity.system !== kUcum) faults.push(`${at}: no unit of UCUM`);
  else if (units.validateUnitString(quantity.code).status !== 'valid')
    faults.push(`${at}: ${quantity.code} is no unit of UCUM`);
}

// Codings, quantities and references, wherever they stand.
function walk(context, value, at) {
  if (value === null || typeof value !== 'object') return;
  if (Array.isArray(value.coding))
    for (const coding of value.coding) checkCoding(context.definitions, coding, at, context.faults);
  if (typeof value.value === 'number') checkQuantity(context.units, value, at, context.faults);
  if (typeof value.reference === 'string' && !context.urls.has(context.base + value.reference))
    context.faults.push(`${at}: ${value.reference} leads nowhere`);
  for (const [name, part] of Object.entries(value)) walk(context, part, `${at}.${name}`);
}

function loincOf(concept) {
  return ((concept && concept.coding) || []).filter(({ system }) => system === kLoinc).map(({ code }) => code);
}

function checkVitalSign(resource, at, faults) {
  const codes = loincOf(resource.code);
  const rule = kVitals[codes.find((code) => kVitals[code])];
  if (!rule) return faults.push(`${at}: ${codes} is no code of the vital signs' profiles`);
  if (!resource.effectiveDateTime && !resource.effectivePeriod) faults.push(`${at}: says no time`);
  if (!resource.subject) faults.push(`${at}: says nobody`);
  if (rule.unit) {
    const quantity = resource.valueQuantity || {};
    if (quantity.code !== rule.unit) faults.push(`${at}: must be in ${rule.unit}`);
    return;
  }
  for (const [code, unit] of Object.entries(rule.components)) {
    const component = (resource.component || []).find((each) => loincOf(each.code).includes(code));
    if (!component) faults.push(`${at}: has no component ${code}`);
    else if (!component.dataAbsentReason && (component.valueQuantity || {}).code !== unit)
      faults.push(`${at}: ${code} must be in ${unit}`);
  }
}

function isVitalSign(resource) {
  return (resource.category || []).some((category) =>
    (category.coding || []).some(({ code }) => code === kVitalSigns));
}

function checkBundle(definitions, bundle) {
  const faults = [];
  const urls = new Set();
  // Without versions every entry has its own URL, which ends as its resource is called.
  for (const { fullUrl, resource } of bundle.entry || []) {
    if (!fullUrl) faults.push(`${resource.resourceType}/${resource.id}: has no fullUrl`);
    else if (urls.has(fullUrl)) faults.push(`${fullUrl}: stands there twice`);
    else if (!fullUrl.endsWith(`/${resource.resourceType}/${resource.id}`))
      faults.push(`${fullUrl}: is not the URL of ${resource.resourceType}/${resource.id}`);
    urls.add(fullUrl);
  }
  const units = definitions.require('@lhncbc/ucum-lhc').UcumLhcUtils.getInstance();
  for (const { fullUrl, resource } of bundle.entry || []) {
    const at = `${resource.resourceType}/${resource.id}`;
    const base = (fullUrl || '').slice(0, -at.length);
    walk({ definitions, faults, urls, base, units }, resource, at);
    if (resource.resourceType === 'Observation' && isVitalSign(resource)) checkVitalSign(resource, at, faults);
  }
  if (!(bundle.entry || []).some(({ resource }) => resource.resourceType === 'Patient'))
    faults.push('Bundle: says nothing of a patient');
  if (!bundle.timestamp) faults.push('Bundle: says no time');
  return faults;
}

module.exports = { checkBundle };
