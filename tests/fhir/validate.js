// Validates a Bundle of FHIR R4 that an export wrote, by what HL7 publishes:
//
//   node validate.js PACKAGES BUNDLE     faults, a line each; exit code 1 when there is one
//
// PACKAGES is where `npm ci` has put the packages of package.json. Their JSON schema says which
// elements there are and of what form; the definitions of resources and types which must be there,
// which codes are allowed and what must hold between elements (in FHIRPath). What no file of HL7's
// says in a form for machines stands in rules.js: references, codes of LOINC and UCUM, vital signs.
'use strict';

const fs = require('fs');
const { Definitions } = require('./definitions.js');
const { ProfileCheck } = require('./profile_check.js');
const { checkBundle } = require('./rules.js');

// Faults of the schema: of each resource by its own definition, whose messages say where; then of
// the whole, which is one choice of two hundred definitions and says little more than no.
function checkSchema(definitions, bundle) {
  const faults = [];
  const ajv = definitions.ajv();
  for (const entry of bundle.entry || []) {
    const type = entry.resource && entry.resource.resourceType;
    const validate = ajv.getSchema(definitions.schemaId + '#/definitions/' + type);
    if (!validate) {
      faults.push(`schema: there is no resource ${type}`);
    } else if (!validate(entry.resource)) {
      for (const error of validate.errors) {
        const more = JSON.stringify(error.params);
        faults.push(`schema: ${type}/${entry.resource.id}${error.dataPath} ${error.message} ${more}`);
      }
    }
  }
  const whole = ajv.getSchema(definitions.schemaId);
  if (!whole(bundle) && faults.length === 0) faults.push('schema: ' + ajv.errorsText(whole.errors));
  return faults;
}

function faultsOf(definitions, bundle) {
  const profiles = new ProfileCheck(definitions);
  const faults = checkSchema(definitions, bundle)
    .concat(profiles.faultsOf(bundle))
    .concat(checkBundle(definitions, bundle));
  return { faults, held: profiles.held, bound: profiles.bound };
}

function main() {
  const [packages, file] = process.argv.slice(2);
  if (!file) {
    console.error('usage: node validate.js PACKAGES BUNDLE');
    return 2;
  }
  const bundle = JSON.parse(fs.readFileSync(file, 'utf8'));
  const { faults, held, bound } = faultsOf(new Definitions(packages), bundle);
  faults.forEach((fault) => console.log(fault));
  const types = {};
  for (const { resource } of bundle.entry || [])
    types[resource.resourceType] = (types[resource.resourceType] || 0) + 1;
  console.log(`${JSON.stringify(types)}: ${held} constraints, ${bound} bound codes, ${faults.length} faults`);
  return faults.length === 0 ? 0 : 1;
}

module.exports = { faultsOf };
if (require.main === module) process.exitCode = main();
