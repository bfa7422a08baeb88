// An account that may see a person in an emergency, for now.

#ifndef SERVICES_DOMAIN_ACCESS_OPEN_GLASS_H_
#define SERVICES_DOMAIN_ACCESS_OPEN_GLASS_H_

#include <string>

namespace veille::domain {

struct OpenGlass {
  std::string account_id, patient_id;
};

}  // namespace veille::domain

#endif  // SERVICES_DOMAIN_ACCESS_OPEN_GLASS_H_
