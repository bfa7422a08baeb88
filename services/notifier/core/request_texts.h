// How long the texts of a caregiver's request may be. Pure.

#ifndef SERVICES_NOTIFIER_CORE_REQUEST_TEXTS_H_
#define SERVICES_NOTIFIER_CORE_REQUEST_TEXTS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "google/protobuf/message.h"

namespace veille::notifier {

struct OverlongText {
  std::string field;
  std::size_t most = 0;  // Bytes.
};

// The fields of the request that are longer than anything that is meant by them. What is in its
// repeated messages is their reader's business.
std::vector<OverlongText> OverlongTexts(const google::protobuf::Message& request);

}  // namespace veille::notifier

#endif  // SERVICES_NOTIFIER_CORE_REQUEST_TEXTS_H_
