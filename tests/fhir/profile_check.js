// Checks resources by HL7's own StructureDefinitions: what must be there, required value sets, and
// the constraints that are errors, in FHIRPath. What the schema says is not said again.
'use strict';

// Says that every element has a value: Emptiness() below does, for what is plain JSON, too.
const kEmptiness = 'ele-1';

class ProfileCheck {
  constructor(definitions) {
    this.definitions = definitions;
    this.fhirpath = definitions.require('fhirpath');
    this.model = definitions.require('fhirpath/fhir-context/r4');
    this.held = 0; // Constraints that were evaluated.
    this.bound = 0; // Codes that were looked up.
    this.compiled = new Map();
  }

  faultsOf(bundle) {
    this.faults = [];
    this.resource(bundle, 'Bundle');
    return this.faults;
  }

  resource(resource, at) {
    this.emptiness(resource, at);
    const definition = this.definitions.types.get(resource.resourceType);
    if (!definition) return this.faults.push(`${at}: no definition of ${resource.resourceType}`);
    const root = { value: resource, resource, at };
    this.element(definition, definition.snapshot.element[0], root);
  }

  // No empty text, list or object anywhere.
  emptiness(value, at) {
    if (value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0))
      return this.faults.push(`${at}: is empty`);
    if (typeof value === 'object')
      for (const [name, part] of Object.entries(value))
        if (name !== 'resource') this.emptiness(part, `${at}.${name}`);
  }

  // `definition` has the element; `node` is one value of it.
  element(definition, element, node) {
    this.constraints(element, node);
    this.binding(element, node);
    const path = element.contentReference ? element.contentReference.substring(1) : element.path;
    const children = definition.snapshot.element.filter(
      (each) => each.path.startsWith(path + '.') && !each.path.substring(path.length + 1).includes('.'));
    if (children.length > 0) {
      for (const child of children) this.child(definition, child, node);
      return;
    }
    if (node.value && node.value.resourceType) return this.resource(node.value, node.at);
    const type = this.definitions.types.get(node.type);
    if (type && type.kind === 'complex-type') this.element(type, type.snapshot.element[0], { ...node });
  }

  child(definition, child, node) {
    const name = child.path.substring(child.path.lastIndexOf('.') + 1);
    const found = [];
    for (const type of child.type || [{ code: undefined }]) {
      const property = name.endsWith('[x]')
        ? name.slice(0, -3) + type.code[0].toUpperCase() + type.code.slice(1)
        : name;
      if (!Object.prototype.hasOwnProperty.call(node.value, property)) continue;
      const values = node.value[property];
      // HL7's schema lets a list pass where one object stands.
      if (Array.isArray(values) !== (child.base.max !== '1'))
        this.faults.push(`${node.at}.${property}: ${Array.isArray(values) ? 'must not' : 'must'} be a list`);
      (Array.isArray(values) ? values : [values]).forEach((value, i) => {
        const at = `${node.at}.${property}` + (Array.isArray(values) ? `[${i}]` : '') +
          (value.resource ? ` (${value.resource.resourceType}/${value.resource.id})` : '');
        found.push({ value, resource: node.resource, at, type: type.code });
      });
      if (!name.endsWith('[x]')) break;
    }
    if (found.length < child.min) this.faults.push(`${node.at}: ${child.path} is missing`);
    if (child.max !== '*' && found.length > Number(child.max))
      this.faults.push(`${node.at}: ${child.path} stands there ${found.length} times`);
    for (const each of found) this.element(definition, child, each);
  }

  constraints(element, node) {
    for (const constraint of element.constraint || []) {
      if (constraint.severity !== 'error' || constraint.key === kEmptiness || !constraint.expression) continue;
      if (node.value === null || typeof node.value !== 'object') continue;
      // Would ask a server; where references lead is looked at by rules.js.
      if (constraint.expression.includes('resolve()')) continue;
      const base = node.value.resourceType ? null : element.path.includes('.') ? element.path : node.type;
      const key = base + '\n' + constraint.expression;
      if (!this.compiled.has(key)) {
        const expression = base ? { base, expression: constraint.expression } : constraint.expression;
        this.compiled.set(key, this.fhirpath.compile(expression, this.model, { traceFn: () => {} }));
      }
      const holds = this.compiled.get(key)(node.value, { resource: node.resource, rootResource: node.resource });
      ++this.held;
      // Nothing is no "no": ref-1 of a reference that is an identifier alone (R5 says so in words).
      if (holds.includes(false))
        this.faults.push(`${node.at}: ${constraint.key}: ${constraint.human}`);
    }
  }

  binding(element, node) {
    const binding = element.binding;
    if (!binding || binding.strength !== 'required' || !binding.valueSet) return;
    const { value } = node;
    const codings = typeof value === 'string' ? [{ code: value }] : value.coding || [value];
    const verdicts = codings.map(({ system, code }) => this.definitions.has(binding.valueSet, system, code));
    ++this.bound;
    if (!verdicts.includes(true) && !verdicts.includes(null))
      this.faults.push(`${node.at}: ${JSON.stringify(value)} is not of ${binding.valueSet}`);
  }
}

module.exports = { ProfileCheck };
