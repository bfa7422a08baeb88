// Where erasures are written down. Pure; thread safe.

#ifndef SERVICES_DOMAIN_ERASURE_KEYS_H_
#define SERVICES_DOMAIN_ERASURE_KEYS_H_

#include <string>

namespace veille::domain {

// People who are erased or were, by id.
std::string ErasuresKey();
// Which instance carries erasures out.
std::string ErasureTurnKey();

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_ERASURE_KEYS_H_
