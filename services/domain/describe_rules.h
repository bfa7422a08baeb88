// What is told of the rules to people: tables made from what the schema says about each rule.
//
// Pure; thread safe.

#ifndef SERVICES_DOMAIN_DESCRIBE_RULES_H_
#define SERVICES_DOMAIN_DESCRIBE_RULES_H_

#include <string>

namespace veille::domain {

// Every rule with its parameters, units, ranges, defaults and sources, as Markdown.
std::string DescribeRules();

// A line a rule, as Markdown: the README's table.
std::string ListRules();

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_DESCRIBE_RULES_H_
