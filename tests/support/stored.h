// Everything that a Redis has, as its clients can read it.

#ifndef TESTS_SUPPORT_STORED_H_
#define TESTS_SUPPORT_STORED_H_

#include <string>
#include <vector>

#include "common/redis/client.h"

namespace veille::testing {

// Keys, fields, values and members, one string each.
std::vector<std::string> StoredIn(redis::Client& client);

}  // namespace veille::testing

#endif  // TESTS_SUPPORT_STORED_H_
